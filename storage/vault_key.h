/*  vault_key.h: the text of ENCRYPTION_KEY.
 */
#ifndef VAULT_KEY_H
#define VAULT_KEY_H

#include "messages/error.h"

#include <stdint.h>

#define VAULT_KEY_BYTES 32

/*  44 characters of base64 (URL-safe or standard alphabet) or 64 hex digits; blanks and line ends after it are
 *  ignored. 0 or -ERR_SETTING; the problem repeats nothing of the text. */
int vault_key_parse (const char *text, uint8_t key[VAULT_KEY_BYTES], problem_t *problem);

#endif
