"""Signing up, logging in, and one's own profile. The mails' tokens and the logins are those of `world.person`."""

from app.enums import MailTokenPurpose
from tests.support.declarations import PIXEL, request
from tests.support.rows import PASSWORD

POLICY = """
POST   /auth/register                            | E
POST   /auth/verify-email                        | E
POST   /auth/resend-verification                 | E
POST   /auth/forgot-password                     | E
POST   /auth/reset-password                      | E
POST   /auth/login                               | E
POST   /auth/refresh                             | E
POST   /auth/verify                              | E
POST   /auth/change-email                        | U
POST   /auth/confirm-email                       | E
GET    /auth/me                                  | U
PATCH  /auth/me                                  | U
PUT    /auth/me                                  | U
PUT    /auth/me/picture                          | U
DELETE /auth/me/picture                          | U
"""

WRITABLE = """
POST /auth/register: email first_name full_name last_name password password_confirm phone_number role
    username
POST /auth/verify-email: token
POST /auth/resend-verification: email
POST /auth/login: email password username
POST /auth/refresh: refresh
POST /auth/verify: token
POST /auth/change-email: new_email password
POST /auth/confirm-email: token
POST /auth/forgot-password: email
POST /auth/reset-password: new_password new_password_confirm token
PATCH /auth/me: bio first_name full_name last_name phone_number username
PUT /auth/me: bio first_name full_name last_name phone_number username
PUT /auth/me/picture: file
"""

REQUESTS = {
    "POST /auth/register": request(body=lambda world: {"email": f"new{world.mark}@example.org"}),
    "POST /auth/verify-email": request(
        body=lambda world: {"token": world.mail_token(MailTokenPurpose.VERIFY_EMAIL)}
    ),
    "POST /auth/resend-verification": request(),
    "POST /auth/forgot-password": request(),
    "POST /auth/reset-password": request(
        body=lambda world: {"token": world.mail_token(MailTokenPurpose.RESET_PASSWORD)}
    ),
    "POST /auth/login": request(
        body=lambda world: {"email": world.person.email, "password": PASSWORD}, gives_tokens=True
    ),
    "POST /auth/refresh": request(
        body=lambda world: {"refresh": world.token_of("person").refresh}, gives_tokens=True
    ),
    "POST /auth/verify": request(),
    "POST /auth/change-email": request(
        body=lambda world: {"password": PASSWORD, "new_email": f"to{world.mark}@example.org"}
    ),
    "POST /auth/confirm-email": request(body=lambda world: {"token": world.email_change_token()}),
    "GET /auth/me": request(),
    "PATCH /auth/me": request(),
    "PUT /auth/me": request(),
    "PUT /auth/me/picture": request(file=PIXEL),
    "DELETE /auth/me/picture": request(),
}
