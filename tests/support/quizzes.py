"""What a learner does with a quiz: begin an attempt, and submit it."""

from __future__ import annotations

from tests.support.http import data_of


def begin(client, quiz):
    return data_of(client.post(f"/lessons/{quiz.id}/attempts"), 201)


def answered(attempt, *, with_text="Right"):
    """The choice of every question that has this text."""
    return {
        "responses": [
            {
                "question_id": each["id"],
                "choices": [choice["id"] for choice in each["choices"] if choice["text"] == with_text],
            }
            for each in attempt["questions"]
        ]
    }


def take(client, quiz, *, with_text="Right"):
    attempt = begin(client, quiz)
    return data_of(
        client.post(f"/attempts/{attempt['id']}/submit", json=answered(attempt, with_text=with_text))
    )
