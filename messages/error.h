/*  error.h: every error of the house, once: code, text, hint. Functions return 0 or -ERR_*. */
#ifndef ERROR_H
#define ERROR_H

#include <stddef.h>

/*      name         code  text                                hint */
#define ERROR_LIST(_)                                                                                        \
    _ (SYNTAX, 1, "not well-formed", "compare it with the example in docs/")                                 \
    _ (RANGE, 2, "out of range", "the bound stands beside the field in docs/messages.md or .env.example")    \
    _ (MISSING, 3, "a required field is missing", "see docs/messages.md")                                    \
    _ (TYPE, 4, "a field has the wrong type", "see docs/messages.md")                                        \
    _ (FULL, 5, "a bounded table or queue is full", "raise the limit that the message names")                \
    _ (NOT_FOUND, 6, "not found", "")                                                                        \
    _ (EXISTS, 7, "exists already", "")                                                                      \
    _ (UNEXPECTED, 8, "not expected by this actor", "a bug: please report it")                               \
    _ (IO, 9, "input or output failed", "see the system's message beside it")                                \
    _ (STORAGE, 10, "the database refused", "see docs/operations.md, section storage")                       \
    _ (CORRUPT, 11, "the database or file is damaged", "restore it from a backup")                           \
    _ (KEY, 12, "the encryption key does not open this", "is ENCRYPTION_KEY the one it was sealed with?")    \
    _ (BROKER, 13, "the broker refused", "")                                                                 \
    _ (UNREACHABLE, 14, "no answer", "check the address and the network")                                    \
    _ (BUSY, 15, "in use", "another process holds it")                                                       \
    _ (SETTING, 16, "a setting is wrong", "see .env.example")                                                \
    _ (MEMORY, 17, "out of memory", "raise the limit on locked memory (ulimit -l)")                          \
    _ (TIMEOUT, 18, "timed out", "")

enum {
#define _(name, code, text, hint) ERR_##name = (code),
    ERROR_LIST (_)
#undef _
        ERR_LAST
};

/*  Text and hint of an ERR_* (sign ignored); "unknown error" and "" for any other number. Static strings. */
const char *error_text (int error);
const char *error_hint (int error);

/*  What went wrong and where, as one line for a person. Whoever fills it names file, line or field. */
typedef struct {
    int code;         /*  ERR_*, 0 = none */
    char where[96];   /*  field, file:line, setting or address */
    char detail[320]; /*  what was found and what was expected; never a secret */
} problem_t;

/*  Fills *problem (may be NULL) and returns -code, so that a failing function can `return problem_set (...)`. */
int problem_set (problem_t *problem, int code, const char *where, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/*  "where: detail (hint)" into text; returns text. */
const char *problem_line (const problem_t *problem, char *text, size_t size);

#endif
