"""The numbered cases that are made of what a platform has: tokens, files, states."""

from __future__ import annotations

import base64
import hmac
import io
import json
import struct
import time
import zlib
from uuid import uuid4

import jwt
from PIL import Image
from sqlalchemy import update

from app.db.session import db, transaction
from app.enums import CourseStatus, EnrollmentStatus, MailTokenPurpose
from app.models import Course, Enrollment, File
from app.models.session import Session
from app.models.user import User
from app.services.auth import sessions
from tests.corpus.cases import BAD, ID, PNG, TITLE, pictured
from tests.corpus.harness import Case
from tests.support.declarations import FILM

FAR = "not a key of ours, and long enough to sign with it"


def bearing(number, about, token, expects=401, scheme="Bearer "):
    sent = {} if token is None else {"Authorization": f"{scheme}{token}"}
    return Case(number, about, expects, "GET", "/auth/me", caller=None, headers=sent)


def tokens(platform):
    """Group J. Each token differs from a good one in one thing."""
    config = platform.app.extensions["rollcall-settings"]
    key = config.jwt_secret_key
    good = platform.tokens["student"]
    claims = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")

    def signed(header=None, key=key, algorithm="HS256", **changed):
        kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(kept, key, algorithm=algorithm, headers=header)

    def part(value):
        return packed(json.dumps(value).encode())

    def by_hand(header):
        start = f"{part(header)}.{body}"
        return f"{start}.{packed(hmac.digest(key.encode(), start.encode(), 'sha256'))}"

    spent, revoked, idle = spoiled_sessions(platform)
    mailed = platform.scene.mail_token(MailTokenPurpose.RESET_PASSWORD)
    deep = packed(b'{"alg":' + b"[" * 5_000)
    return [
        bearing(206, "none", None),
        bearing(207, "Bearer alone", "", scheme="Bearer"),
        bearing(208, "Basic", "YTpi", scheme="Basic "),
        bearing(209, "three words", f"{good} {good}"),
        bearing(210, "alg none", f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}."),
        bearing(211, "alg none and the old signature", f"{part({'alg': 'none'})}.{body}.{signature}"),
        bearing(212, "RS256 with our key", f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{body}.{signature}"),
        bearing(212, "another key", signed(key=FAR)),
        bearing(213, "header that is a list", f"{part(['HS256'])}.{body}.{signature}"),
        bearing(214, "header that is no UTF-8", f"_____w.{body}.{signature}"),
        bearing(215, "kid that is a number", by_hand({"alg": "HS256", "typ": "JWT", "kid": 7})),
        bearing(216, "crit", by_hand({"alg": "HS256", "typ": "JWT", "crit": ["exp"]})),
        bearing(217, "header nested 5,000 deep", f"{deep}.{body}.{signature}"),
        bearing(218, "four parts", f"{good}.{signature}"),
        bearing(218, "two parts", f"{head}.{body}"),
        bearing(219, "7 kB", "x" * 7_000),
        bearing(219, "7 kB in parts", f"{head}.{body}.{'x' * 7_000}"),
        bearing(220, "expired", signed(exp=int(time.time()) - 60)),
        bearing(220, "expiring never", signed(exp=None)),
        bearing(221, "not yet", signed(nbf=int(time.time()) + 3_600)),
        bearing(222, "for others", signed(aud="https://elsewhere.example.org")),
        bearing(223, "of others", signed(iss="https://elsewhere.example.org")),
        bearing(224, "refresh token as access token", spent.refresh),
        refreshing(225, "access token as refresh token", good),
        bearing(226, "ended session", revoked.access),
        bearing(227, "nobody's", signed(sub=str(uuid4()))),
        bearing(228, "deactivated", idle.access),
        bearing(229, "sub abc", signed(sub="abc")),
        bearing(230, "sub 2^40", signed(sub=str(2**40))),
        bearing(230, "sid NUL", signed(sid="\x00")),
        bearing(230, "sid that is a list", signed(sid=[ID])),
        refreshing(231, "refresh token of an ended session", revoked.refresh),
        resetting(232, "reset by a token that is none", "x" * 43),
        Case(
            233,
            "reset token as a verification",
            400,
            path="/auth/verify-email",
            json={"token": mailed},
            caller=None,
        ),
        Case(234, "token in the query", 422, "GET", "/courses", query=f"access_token={good}", caller=None),
        Case(234, "token in the query alone", 401, "GET", "/auth/me", query=f"token={good}", caller=None),
    ]


def packed(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def spoiled_sessions(platform):
    """Tokens of a session that is well, of an ended one, and of a deactivated user."""
    scene = platform.scene
    with platform.app.app_context(), transaction():
        pairs = [sessions.open_session(who) for who in (scene.student, scene.person, scene.sleeper)]
        ended = jwt.decode(pairs[1].access, options={"verify_signature": False})["sid"]
        db.session.execute(update(Session).where(Session.id == ended).values(ended_at="2026-01-01T00:00:00Z"))
        db.session.execute(update(User).where(User.id == scene.sleeper.id).values(is_active=False))
    return pairs


def refreshing(number, about, token):
    return Case(number, about, 401, path="/auth/refresh", json={"refresh": token}, caller=None)


def resetting(number, about, token):
    body = {"token": token, "new_password": "Difference-1822", "new_password_confirm": "Difference-1822"}
    return Case(number, about, 400, path="/auth/reset-password", json=body, caller=None)


def drawing(form, size=(20, 20), mode="RGB", **saved):
    made = io.BytesIO()
    Image.new(mode, size).save(made, form, **saved)
    return made.getvalue()


def claiming(width, height):
    """A PNG whose header speaks of so many pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG[:8] + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + PNG[33:]


def file(number, about, content, expects=422, name="picture.png", media_type=None):
    return pictured(number, about, {"file": (io.BytesIO(content), name, media_type)}, expects)


def lesson_file(number, about, content, expects, name="notes.txt", *, to="files"):
    method = "PUT" if to == "video" else "POST"
    form = {"file": (io.BytesIO(content), name)}
    sent = {"data": form, "content_type": "multipart/form-data"}
    return Case(number, about, expects, method, f"/lessons/{{lesson}}/{to}", sends=sent)


def lesson_files(platform):
    """Group K, on files and videos of lessons; the course has no room for more than one byte."""
    config, scene = platform.app.extensions["rollcall-settings"], platform.scene
    with platform.app.app_context(), transaction():
        held = db.session.get_one(File, scene.file.id)
        held.size = config.course_quota_mb * 1024 * 1024 - 20_000
    longest = config.video_max_mb * 1024 * 1024
    two = {"file": [(io.BytesIO(b"a"), "a.txt"), (io.BytesIO(b"b"), "b.txt")]}
    other = {"picture": (io.BytesIO(b"a"), "a.txt")}
    form = {"content_type": "multipart/form-data"}
    path = "/lessons/{lesson}/files"
    return [
        lesson_file(235, "nothing", b"", 422),
        lesson_file(236, "text as PNG", b"just words", 415, "a.png"),
        lesson_file(238, "SVG named PNG", SVG, 415, "a.png"),
        lesson_file(239, "HTML named JPEG", HTML, 415, "a.jpg"),
        lesson_file(240, "XHTML named PNG", b"<?xml version='1.0'?>" + HTML, 415, "a.png"),
        lesson_file(249, "PDF as a video", b"%PDF-1.7", 415, "film", to="video"),
        lesson_file(250, "ZIP as a video", b"PK\x03\x04" + bytes(60), 415, "film", to="video"),
        lesson_file(251, "a program named MP4", b"MZ" + bytes(400), 415, "film.mp4", to="video"),
        lesson_file(
            252, "a video of one byte too many", FILM + bytes(longest + 1 - len(FILM)), 413, to="video"
        ),
        lesson_file(243, "cut video", FILM[:-100], 415, "film.mp4", to="video"),
        lesson_file(254, "name with NUL", b"a", 422, "a\0b"),
        lesson_file(255, "name of 4 kB", b"a", 422, "x" * 4_000),
        Case(257, "two files", 422, "POST", path, sends={"data": two, **form}),
        Case(258, "another field", 422, "POST", path, sends={"data": other, **form}),
        lesson_file(259, "a byte beyond the quota", bytes(20_001), 413),
        lesson_file(259, "the last bytes of the quota", bytes(20_000), 201),
    ]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<html><script>alert(1)</script></html>"


def files(_platform):
    """Group K, on the profile picture; what is accepted is drawn again."""
    png, jpeg = drawing("PNG"), drawing("JPEG")
    return [
        file(235, "nothing", b""),
        file(236, "text as PNG", b"just words"),
        file(237, "SVG", SVG, name="a.svg", media_type="image/svg+xml"),
        file(238, "SVG named PNG", SVG),
        file(239, "HTML named JPEG", HTML, name="a.jpg"),
        file(240, "XHTML as an image", b"<?xml version='1.0'?>" + HTML, media_type="image/png"),
        file(241, "GIF and a script", b"GIF89a/*" + b"\0" * 30 + b"*/=1;alert(1)"),
        file(242, "PNG and a script behind it", png + HTML, 200),
        file(243, "cut PNG", png[:-20]),
        file(243, "cut JPEG", jpeg[: len(jpeg) // 3]),
        file(244, "30,000 x 30,000", claiming(30_000, 30_000)),
        file(245, "13,000 x 13,000", claiming(13_000, 13_000)),
        file(246, "1 x 10^8", claiming(1, 10**8)),
        file(246, "0 x 0", claiming(0, 0)),
        file(247, "moving GIF", drawing("GIF")),
        file(248, "EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"),
        file(249, "PDF", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj<<>>endobj"),
        file(250, "ZIP", b"PK\x03\x04" + b"\0" * 60),
        file(251, "program", b"MZ" + b"\0" * 200),
        file(253, "name that climbs", png, 200, name="../../../etc/passwd"),
        pictured(
            254,
            "name with NUL",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\x00.png"\r\n\r\n'
            + png
            + b"\r\n--b--\r\n",
            content_type="multipart/form-data; boundary=b",
        ),
        file(255, "name of 4 kB", png, (200, 413, 422), name="x" * 4_096 + ".png"),
        file(256, "name CON", png, 200, name="CON"),
        file(256, "name .htaccess", png, 200, name=".htaccess"),
        pictured(257, "two files", {"file": [(io.BytesIO(png), "a"), (io.BytesIO(png), "b")]}),
        pictured(258, "another field", {"picture": (io.BytesIO(png), "a.png")}),
        pictured(258, "a text for a file", {"file": "x"}),
        file(260, "EXIF that is broken", drawing("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), (*BAD, 200)),
        file(261, "CMYK", drawing("JPEG", mode="CMYK"), 200),
        file(261, "16 bits", drawing("PNG", mode="I;16"), 200),
        file(261, "broken colour profile", drawing("JPEG", icc_profile=b"\xff" * 200), 200),
    ]


def enrolling(number, about, place, code, caller="person"):
    return Case(number, about, code, path=f"/courses/{{{place}}}/enroll", caller=caller)


def states(platform):
    """Group L: good requests at the wrong time. Each place is a course of its own in a state of its own."""
    scene = platform.scene
    _stage_states(platform)
    everyone = ["{person}"]
    keyed = {"Idempotency-Key": f"corpus-{scene.mark}"}
    return [
        enrolling(262, "in a draft", "drafted", 404),
        enrolling(262, "in an archived course", "archived", 404),
        enrolling(262, "in a full course", "full", 409),
        enrolling(262, "after admission", "closed", 409),
        enrolling(262, "in one's own course", "free_course", 403, caller="owner"),
        Case(
            263,
            "completing a lesson without taking it",
            403,
            path="/lessons/{lesson}/complete",
            caller="person",
        ),
        Case(263, "completing no lesson", 404, path=f"/lessons/{ID}/complete", caller="student"),
        Case(
            264,
            "reviewing without taking it",
            403,
            path="/courses/{course}/reviews",
            json={"rating": 5},
            caller="person",
        ),
        Case(
            264,
            "reviewing twice",
            409,
            path="/courses/{finished_course}/reviews",
            json={"rating": 5},
            caller="student",
        ),
        Case(265, "submitting an empty course", 409, path="/courses/{drafted}/submit"),
        Case(
            266,
            "approving a draft",
            409,
            path="/courses/{drafted}/review",
            json={"status": "APPROVED"},
            caller="admin",
        ),
        Case(266, "approving one's own", 403, path="/courses/{pending}/review", json={"status": "APPROVED"}),
        Case(267, "publishing a rejected one", 409, path="/courses/{rejected}/publish"),
        Case(268, "editing under review", 409, "PATCH", "/courses/{pending}", json={"venue": "There"}),
        Case(269, "deleting with students", 409, "DELETE", "/courses/{course}"),
        Case(
            270,
            "stale If-Match",
            412,
            "PATCH",
            "/courses/{course}",
            json={"venue": "There"},
            headers={"If-Match": '"old"'},
        ),
        Case(
            271,
            "key, used",
            201,
            path="/courses/{free_course}/assign",
            json={"user_id": "{person}"},
            headers=keyed,
        ),
        Case(
            271,
            "key with another body",
            422,
            path="/courses/{free_course}/assign",
            json={"user_id": "{student}"},
            headers=keyed,
        ),
        Case(
            272,
            "key of 300",
            422,
            path="/courses/{free_course}/assign",
            json={"user_id": "{student}"},
            headers={"Idempotency-Key": "k" * 300},
        ),
        Case(
            273,
            "bulk into no course",
            404,
            path=f"/courses/{ID}/assign-multiple",
            json={"user_ids": everyone},
        ),
        Case(
            273,
            "bulk into a draft",
            409,
            path="/courses/{drafted}/assign-multiple",
            json={"user_ids": everyone},
        ),
        Case(
            273,
            "bulk of its instructor",
            200,
            path="/courses/{course}/assign-multiple",
            json={"user_ids": ["{owner}"]},
        ),
        Case(
            273,
            "bulk of nobody valid",
            200,
            path="/courses/{course}/assign-multiple",
            json={"emails": ["nobody", "\x00"]},
        ),
    ]


def _stage_states(platform):
    scene = platform.scene
    with platform.app.app_context(), transaction():
        for name, status in (
            ("drafted", CourseStatus.DRAFT),
            ("archived", CourseStatus.ARCHIVED),
            ("pending", CourseStatus.PENDING),
            ("rejected", CourseStatus.REJECTED),
            ("full", CourseStatus.PUBLISHED),
            ("closed", CourseStatus.PUBLISHED),
        ):
            course = Course(
                **TITLE,
                slug=f"{name}-course-{scene.mark}",
                code=f"{name.upper()}-COURSE-{scene.mark}",
                currency="USD",
                instructor_id=scene.owner.id,
                status=status,
                total_seats=1 if name == "full" else None,
                enrollment_count=1 if name == "full" else 0,
                admission_deadline="2020-01-01" if name == "closed" else None,
            )
            db.session.add(course)
            db.session.flush()
            setattr(scene, name, course)
        db.session.add(
            Enrollment(
                course_id=scene.full.id,
                user_id=scene.other.id,
                status=EnrollmentStatus.ACTIVE,
                price_at_enrollment=0,
                currency="USD",
                payment_status="FREE",
                source="SELF",
            )
        )
