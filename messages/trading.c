/*  trading.c: the broker's words to enums and back, each list from the one place in trading.h. */
#include "messages/trading.h"

#include "messages/call.h"
#include "messages/error.h"
#include "messages/word.h"

#include <assert.h>

#define _(name, text) text,
static const char *const side_words[] = {SIDE_LIST (_)};
static const char *const order_type_words[] = {ORDER_TYPE_LIST (_)};
static const char *const tif_words[] = {TIF_LIST (_)};
static const char *const intent_words[] = {INTENT_LIST (_)};
static const char *const order_status_words[] = {ORDER_STATUS_LIST (_)};
static const char *const update_words[] = {UPDATE_LIST (_)};
#undef _

static const char *const answer_words[] = {
    [ANSWER_OK] = "ok",
    [ANSWER_TAKEN] = "taken",
    [ANSWER_NOT_FOUND] = "not_found",
    [ANSWER_REJECTED] = "rejected",
    [ANSWER_AUTH] = "auth",
    [ANSWER_LIMITED] = "limited",
    [ANSWER_UNKNOWN] = "unknown",
    [ANSWER_NOT_SENT] = "not_sent",
};

#define WORDS_COUNT(words) (sizeof (words) / sizeof (words)[0])

/*  x_text and x_parse for an enum x_t whose words are x_words */
#define WORDS(x)                                                                                             \
    const char *x##_text (x##_t value)                                                                       \
    {                                                                                                        \
        return word_text (x##_words, WORDS_COUNT (x##_words), (unsigned) value);                             \
    }                                                                                                        \
    int x##_parse (const char *text, x##_t *value_p)                                                         \
    {                                                                                                        \
        unsigned value = 0;                                                                                  \
        assert (value_p);                                                                                    \
        if (word_parse (x##_words, WORDS_COUNT (x##_words), text, &value) != 0)                              \
            return -ERR_SYNTAX;                                                                              \
        *value_p = (x##_t) value;                                                                            \
        return 0;                                                                                            \
    }

WORDS (side)
WORDS (order_type)
WORDS (tif)
WORDS (intent)
WORDS (order_status)

const char *update_text (update_t update)
{
    return word_text (update_words, WORDS_COUNT (update_words), (unsigned) update);
}

int update_parse (const char *text, update_t *update_p)
{
    unsigned value = UPDATE_OTHER;
    assert (update_p);
    *update_p = word_parse (update_words, WORDS_COUNT (update_words), text, &value) == 0 ? (update_t) value
                                                                                         : UPDATE_OTHER;
    return 0;
}

bool order_status_final (order_status_t status)
{
    switch (status) {
    case STATUS_FILLED:
    case STATUS_CANCELED:
    case STATUS_EXPIRED:
    case STATUS_REJECTED:
    case STATUS_REPLACED: return true;
    default: return false;
    }
}

const char *answer_kind_text (answer_kind_t kind)
{
    return word_text (answer_words, WORDS_COUNT (answer_words), (unsigned) kind);
}
