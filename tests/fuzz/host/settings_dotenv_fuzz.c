/*  settings_dotenv_fuzz.c: any bytes as .env, and through the whole of settings. */
#include "actors/host/settings.h"
#include "actors/host/settings_dotenv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

static int on_entry (void *context, const settings_dotenv_t *entry)
{
    (void) context;
    if (strlen (entry->value) > SETTINGS_DOTENV_LINE_MAX || !*entry->name || entry->line < 1)
        abort ();
    return 0;
}

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    problem_t problem = {0};
    settings_t *settings = NULL;
    int rc = settings_dotenv_parse (".env", (const char *) bytes, size, on_entry, NULL, &problem);
    int whole = settings_parse (&settings, ".env", (const char *) bytes, size, NULL, &problem);
    if (rc != 0 && whole == 0)
        abort ();
    settings_destroy (&settings);
    return 0;
}
