/*  gateway_token.h: what whoever asks the gateway has to know.
 *
 *  GATEWAY_TOKEN, or the first line of GATEWAY_TOKEN_FILE, or of a file beside the database (its path + ".gateway-token";
 *  gateway-token in RUN_DIR, or else in the working directory, when the database is no file), which is made with a new
 *  token, mode 0600, when it is missing.
 *  Never logged; where it is may be told.
 */
#ifndef GATEWAY_TOKEN_H
#define GATEWAY_TOKEN_H

#include "actors/host/settings.h"

#define GATEWAY_TOKEN_MAX 256 /*  with its NUL; the caller wipes it */
#define GATEWAY_TOKEN_MIN 16
#define GATEWAY_TOKEN_PATH_MAX 4224

/*  where: the file, or the setting. -ERR_SETTING, -ERR_IO, -ERR_NOT_FOUND: the setting or file is named. */
int gateway_token_load (const settings_t *settings, char token[GATEWAY_TOKEN_MAX],
    char where[GATEWAY_TOKEN_PATH_MAX], problem_t *problem);

#endif
