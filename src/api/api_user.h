/* Signing in, and the users. */
#ifndef CANARY_API_USER_H
#define CANARY_API_USER_H

#include "api/api.h"

extern const struct shape login_shape, session_shape, password_change_shape, user_query_shape;

api_step api_login_prepare, api_login, api_logout, api_me, api_me_password_prepare, api_me_password;
api_step api_user_find, api_user_list, api_user_get, api_user_prepare, api_user_add, api_user_change;

#endif
