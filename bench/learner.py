"""A learner who joins and leaves a course again and again, and how long each enrollment took."""

from __future__ import annotations

import threading
import time
from typing import Self
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.db.session import db, transaction
from app.models.user import User
from app.services.learning import enrolling, enrollments

PAUSE_SECONDS = 0.02


class Learner:
    """Enrolls in a thread of this process until the block ends."""

    def __init__(self, application: Flask, course_id: str) -> None:
        self._application, self._course_id = application, UUID(course_id)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._enroll)
        self.seconds: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def slowest_hundredth(self) -> float:
        """The 99th percentile, in seconds."""
        return sorted(self.seconds)[len(self.seconds) * 99 // 100]

    def _enroll(self) -> None:
        with self._application.app_context():
            with transaction():
                statement = text(
                    "INSERT INTO users (email, username, email_verified) VALUES"
                    " ('l' || uuid7() || '@example.org', 'l' || uuid7(), true) RETURNING id"
                )
                user_id = db.session.scalar(statement)
            while not self._stop.wait(PAUSE_SECONDS):
                start = time.perf_counter()
                with transaction():
                    learner = db.session.get_one(User, user_id)
                    joined = enrolling.enroll(learner, self._course_id).id
                self.seconds.append(time.perf_counter() - start)
                with transaction():
                    enrollments.leave(db.session.get_one(User, user_id), joined)
