"""The figures of the dashboards, and the check of what they are counted from."""

from tests.support.declarations import request

POLICY = """
GET    /courses/{course_id}/analytics            | IA | course | owner+admin
GET    /dashboard                                | U
GET    /dashboard/stats                          | U
GET    /dashboard/admin                          | A
GET    /dashboard/instructor                     | IA
GET    /dashboard/student                        | U
POST   /dashboard/verify                         | A
"""

REQUESTS = {
    "GET /courses/{course_id}/analytics": request(course_id="course"),
    "GET /dashboard": request(),
    "GET /dashboard/stats": request(),
    "GET /dashboard/admin": request(),
    "GET /dashboard/instructor": request(),
    "GET /dashboard/student": request(),
    "POST /dashboard/verify": request(),
}
