/*  alert_address.c: why it exists: libcurl puts addresses into SMTP commands as they are. */
#include "actors/host/alert_address.h"

#include "messages/error.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static bool is_good (const char *text, size_t size)
{
    const char *at = memchr (text, '@', size);
    if (!at || at == text || at == text + size - 1 || size >= ALERT_ADDRESS_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr ("<>()[]\",;:\\", text[i]))
            return false;
        if (text[i] == '@' && text + i != at)
            return false;
    }
    return true;
}

bool alert_address_is_good (const char *text)
{
    assert (text);
    return is_good (text, strlen (text));
}

int alert_addresses_parse (alert_addresses_t *self, const char *list)
{
    assert (self && list);
    self->count = 0;
    for (const char *at = list; at;) {
        const char *comma = strchr (at, ',');
        at += strspn (at, " \t");
        size_t size = comma ? (size_t) (comma - at) : strlen (at);
        while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t'))
            size--;
        if (!is_good (at, size))
            return -ERR_SYNTAX;
        if (self->count == ALERT_ADDRESSES_MAX)
            return -ERR_FULL;
        memcpy (self->text[self->count], at, size);
        self->text[self->count++][size] = '\0';
        at = comma ? comma + 1 : NULL;
    }
    return 0;
}

bool alert_host_is_good (const char *text)
{
    assert (text);
    bool bracketed = *text == '[';
    size_t size = strlen (text);
    if (size < 1 || size > 255 || (bracketed && text[size - 1] != ']'))
        return false;
    for (size_t i = bracketed; i < size - bracketed; i++)
        if (!isalnum ((unsigned char) text[i]) && !strchr (".-_:", text[i]))
            return false;
    return true;
}
