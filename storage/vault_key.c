/*  vault_key: the text of ENCRYPTION_KEY to bytes, and a new key to text. Decodes straight into the caller's (locked)
 *  bytes, so that no copy stays on the stack.
 */
#include "storage/vault_key.h"

#include "storage/vault.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define TEXT_MOST 256 /*  of a key with all blanks after it */

static int from_base64 (const char *text, size_t length, uint8_t *key, int variant)
{
    size_t size = 0;
    const char *end = NULL;
    int result = sodium_base642bin (key, VAULT_KEY_BYTES, text, length, NULL, &size, &end, variant);
    return result == 0 && size == VAULT_KEY_BYTES && end == text + length ? 0 : -ERR_SYNTAX;
}

static int from_hex (const char *text, size_t length, uint8_t *key)
{
    size_t size = 0;
    const char *end = NULL;
    int result = sodium_hex2bin (key, VAULT_KEY_BYTES, text, length, NULL, &size, &end);
    return result == 0 && size == VAULT_KEY_BYTES && end == text + length ? 0 : -ERR_SYNTAX;
}

int vault_key_parse (const char *text, uint8_t key[VAULT_KEY_BYTES], problem_t *problem)
{
    assert (text && key);
    size_t length = strnlen (text, TEXT_MOST);
    while (length > 0 && strchr (" \t\r\n", text[length - 1]))
        length--;
    int result = -ERR_SYNTAX;
    if (length == 44)
        result = from_base64 (text, length, key, sodium_base64_VARIANT_URLSAFE);
    if (length == 44 && result != 0)
        result = from_base64 (text, length, key, sodium_base64_VARIANT_ORIGINAL);
    if (length == 64)
        result = from_hex (text, length, key);
    if (result == 0)
        return 0;
    sodium_memzero (key, VAULT_KEY_BYTES);
    return problem_set (problem, ERR_SETTING, "ENCRYPTION_KEY",
        "is not a key: expected 44 characters of base64 or 64 hex digits, got %zu characters%s; "
        "`trade-copier keygen` "
        "makes one",
        length, length == 44 || length == 64 ? " of which some are wrong" : "");
}

void vault_keygen (char text[VAULT_KEY_TEXT_MAX])
{
    int result = sodium_init ();
    assert (result >= 0);
    uint8_t key[VAULT_KEY_BYTES];
    randombytes_buf (key, sizeof key);
    (void) sodium_bin2base64 (text, VAULT_KEY_TEXT_MAX, key, sizeof key, sodium_base64_VARIANT_URLSAFE);
    sodium_memzero (key, sizeof key);
}
