/*  certificate_fuzz.c: any bytes as a certificate, public and secret; what passes are keys. */
#include "actors/host/certificate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    char key[CERTIFICATE_TEXT];
    char secret[CERTIFICATE_TEXT];
    for (int both = 0; both < 2; both++) {
        problem_t problem = {0};
        int rc = certificate_parse ("f.key", (const char *) bytes, size, key, both ? secret : NULL, &problem);
        if (rc != 0 && problem.code != -rc)
            abort ();
        if (rc == 0 &&
            (strlen (key) != CERTIFICATE_TEXT - 1 || (both && strlen (secret) != CERTIFICATE_TEXT - 1)))
            abort ();
    }
    return 0;
}
