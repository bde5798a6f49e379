/*  settings_dotenv.c: reads .env line by line into one bounded buffer, which is wiped because values may be secrets. */
#include "actors/host/settings_dotenv.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *file;
    int line;
    const char *at; /*  next byte of the line's copy; the copy ends with NUL */
    char text[SETTINGS_DOTENV_LINE_MAX + 1];
    char value[SETTINGS_DOTENV_LINE_MAX + 1];
    problem_t *problem;
} reader_t;

static int refuse (const reader_t *self, int code, const char *what)
{
    char where[sizeof self->problem->where];
    snprintf (where, sizeof where, "%s:%d", self->file, self->line);
    return problem_set (self->problem, code, where, "%s", what);
}

static bool is_space (char c)
{
    return c == ' ' || c == '\t';
}

static void skip_spaces (reader_t *self)
{
    assert (self->at);
    while (is_space (*self->at))
        self->at++;
}

static bool is_name_start (char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_name (char c)
{
    return is_name_start (c) || (c >= '0' && c <= '9');
}

/*  One line into self->text, with the checks that hold for every line. */
static int copy_line (reader_t *self, const char *line, size_t size)
{
    if (size > 0 && line[size - 1] == '\r')
        size--;
    if (size > SETTINGS_DOTENV_LINE_MAX)
        return refuse (self, ERR_RANGE, "the line is too long; expected at most 4096 bytes");
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char) line[i] < ' ' && line[i] != '\t')
            return refuse (self, ERR_SYNTAX, "a control character in the line; expected text");
    }
    memcpy (self->text, line, size);
    self->text[size] = '\0';
    self->at = self->text;
    return 0;
}

/*  NAME and = ; leaves self->at behind the =. */
static int read_name (reader_t *self, char **name_p)
{
    if (strncmp (self->at, "export", 6) == 0 && is_space (self->at[6])) {
        self->at += 6;
        skip_spaces (self);
    }
    char *name = self->text + (self->at - self->text);
    if (!is_name_start (*name))
        return refuse (self, ERR_SYNTAX, "expected NAME=value, a # comment or an empty line");
    while (is_name (*self->at))
        self->at++;
    char *end = self->text + (self->at - self->text);
    skip_spaces (self);
    if (*self->at != '=')
        return refuse (self, ERR_SYNTAX, "no = after the name; expected NAME=value");
    self->at++;
    *end = '\0';
    *name_p = name;
    return 0;
}

static int unescape (reader_t *self, char *c_p)
{
    switch (*self->at) {
    case 'n': *c_p = '\n'; break;
    case 't': *c_p = '\t'; break;
    case 'r': *c_p = '\r'; break;
    case '\\':
    case '"':
    case '$': *c_p = *self->at; break;
    default: return refuse (self, ERR_SYNTAX, "an unknown escape; expected one of \\n \\t \\r \\\\ \\\" \\$");
    }
    self->at++;
    return 0;
}

static int read_quoted (reader_t *self)
{
    const char quote = *self->at++;
    size_t used = 0;
    while (*self->at != quote) {
        char c = *self->at;
        if (c == '\0')
            return refuse (self, ERR_SYNTAX, "the quote is not closed; expected it on the same line");
        self->at++;
        if (quote == '"' && c == '\\') {
            int rc = unescape (self, &c);
            if (rc)
                return rc;
        }
        self->value[used++] = c;
    }
    self->value[used] = '\0';
    self->at++;
    bool spaced = is_space (*self->at);
    skip_spaces (self);
    if (*self->at != '\0' && !(*self->at == '#' && spaced))
        return refuse (
            self, ERR_SYNTAX, "text after the closing quote; expected the end of the line or a comment");
    return 0;
}

static void read_bare (reader_t *self)
{
    size_t used = 0;
    bool spaced = true;
    for (; *self->at != '\0' && !(*self->at == '#' && spaced); self->at++) {
        spaced = is_space (*self->at);
        self->value[used++] = *self->at;
    }
    while (used > 0 && is_space (self->value[used - 1]))
        used--;
    self->value[used] = '\0';
}

static int read_line (reader_t *self, settings_dotenv_fn *each, void *context)
{
    skip_spaces (self);
    if (*self->at == '\0' || *self->at == '#')
        return 0;
    char *name = NULL;
    int rc = read_name (self, &name);
    if (rc)
        return rc;
    skip_spaces (self);
    if (*self->at == '"' || *self->at == '\'')
        rc = read_quoted (self);
    else
        read_bare (self);
    if (rc)
        return rc;
    const settings_dotenv_t entry = {.name = name, .value = self->value, .line = self->line};
    return each (context, &entry);
}

int settings_dotenv_parse (const char *file, const char *bytes, size_t size, settings_dotenv_fn *each,
    void *context, problem_t *problem)
{
    assert (file && (bytes || size == 0) && each);
    problem_t own = {0};
    reader_t self = {.file = file, .problem = problem ? problem : &own};
    if (size > SETTINGS_DOTENV_BYTES_MAX)
        return problem_set (problem, ERR_RANGE, file, "the file has %zu bytes; expected at most %d", size,
            SETTINGS_DOTENV_BYTES_MAX);
    size_t start = size >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    int rc = 0;
    while (rc == 0 && start < size) {
        const char *line = bytes + start;
        const char *end = memchr (line, '\n', size - start);
        size_t length = end ? (size_t) (end - line) : size - start;
        self.line++;
        rc = copy_line (&self, line, length);
        if (rc == 0)
            rc = read_line (&self, each, context);
        start += length + 1;
    }
    explicit_bzero (self.text, sizeof self.text);
    explicit_bzero (self.value, sizeof self.value);
    return rc;
}
