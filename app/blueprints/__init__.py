"""The endpoints, a file per noun. `ALL` is the order in which the documentation shows them."""

from flask_smorest import Blueprint

from app.blueprints import auth, enrollments, users

ALL: list[Blueprint] = [auth.blp, users.blp, enrollments.blp]
