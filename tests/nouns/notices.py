"""Notices by mail, for admins: one that was sent, and one that has failed."""

from app.enums import Channel, NoticeState
from tests.support.callers import is_admin
from tests.support.declarations import request
from tests.support.rows import completion_notice

AFTER = ("enrollments",)

POLICY = """
GET    /notices                                  | A
POST   /notices/{notice_id}/resend               | A  | notice | admin
"""

REQUESTS = {
    "GET /notices": request(),
    "POST /notices/{notice_id}/resend": request(notice_id="notice"),
}

LISTS = {"/notices": "notice"}

VISIBLE = {"notice": is_admin}


def add_to_scene(scene):
    scene.notice = completion_notice(Channel.EMAIL, scene.completion)


def add_to_stage(stage):
    failed = completion_notice(Channel.EMAIL, stage.completions["bystander"], state=NoticeState.FAILED)
    stage.register("notice", "FAILED", failed.id)
