/*  Any bytes as sealed credentials. The first input byte chooses: raw bytes, or a true seal that the rest is written
 *  over; opening must then fail, or give back what was sealed.
 */
#include "storage/vault.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void tamper (vault_t *vault, const uint8_t *data, size_t size, credentials_t *credentials)
{
    uint8_t sealed[VAULT_SEALED_MAX];
    size_t sealed_size = 0;
    if (vault_seal (vault, "c1", "KEY", "SECRET", sealed, &sealed_size, NULL) != 0)
        abort ();
    uint8_t before[VAULT_SEALED_MAX];
    memcpy (before, sealed, sealed_size);
    size_t at = size > 0 ? data[0] % sealed_size : 0;
    for (size_t i = 1; i < size && at < sealed_size; i++)
        sealed[at++] ^= data[i];
    int result = vault_open (vault, "c1", sealed, sealed_size, credentials, NULL);
    if ((result == 0) != (memcmp (before, sealed, sealed_size) == 0))
        abort ();
    if (result == 0 && strcmp (credentials->secret, "SECRET") != 0)
        abort ();
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static vault_t *vault;
    static credentials_t *credentials;
    if (!vault) {
        /*  a fixed key, so that a finding can be run again */
        const char *text = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=";
        credentials = credentials_new ();
        if (!credentials || vault_new (&vault, text, NULL) != 0)
            abort ();
    }
    if (size == 0)
        return 0;
    if (data[0] & 1)
        tamper (vault, data + 1, size - 1, credentials);
    else if (vault_open (vault, "c1", data + 1, size - 1, credentials, NULL) == 0 &&
             strcmp (credentials->secret, "SECRET") != 0)
        abort (); /*  (the fuzzer sees tamper's seals through memcmp and may give one back: that one opens) */
    return 0;
}
