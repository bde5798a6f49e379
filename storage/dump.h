/*  dump.h: everything in the database as JSON lines, and back into an empty database of either kind (docs/storage.md).
 *
 *      {"trade_copier": "export", "format": 1, "schema": 7, "exported_at": "…"}
 *      {"clients": {"client_id": "c1", …}}      a line a row: its table, and every column; numbers are whole, bytes hexadecimal
 *      {"end": {"rows": 1234}}
 */
#ifndef DUMP_H
#define DUMP_H

#include "storage/database.h"

#define DUMP_FORMAT 1
#define DUMP_LINE_MAX 65536 /*  bytes of a line, with its end */
#define DUMP_TEXT_MAX 4096  /*  bytes of a text in it */
#define DUMP_BYTES_MAX 4096 /*  of a blob */
#define DUMP_ROOM_MAX (2 * DUMP_LINE_MAX)

/*  kinds, a letter a column: t text, i number, u number from 0 on, b truth, x bytes. `numbered`: the first one is the row's
 *  number, which stays at home: rows get new ones in the same order. */
typedef struct {
    const char *name;
    const char *columns; /*  "a, b, c": without that number */
    const char *kinds;
    int keys; /*  the first so many columns are the key */
    bool numbered;
    const char *select; /*  the next rows after a key */
    const char *insert;
} dump_table_t;

extern const dump_table_t dump_tables[];
extern const size_t dump_tables_count;

typedef enum { DUMP_BEGIN, DUMP_ROW, DUMP_END } dump_kind_t;

/*  One line. Texts and bytes of a row stand in room. */
typedef struct {
    dump_kind_t kind;
    const dump_table_t *table; /*  of a row */
    int64_t number;            /*  of the beginning: the schema's version; of the end: the rows */
    int count;                 /*  values */
    value_t values[DATABASE_VALUES_MAX];
    size_t used;
    char room[DUMP_ROOM_MAX];
} dump_line_t;

/*  line: without its end, need not be terminated. -ERR_*; the problem's where is `where`, it names table and field. */
int dump_line_parse (dump_line_t *self, const char *line, size_t size, const char *where, problem_t *problem);
/*  The text, terminated, the caller's to free; NULL: no memory, or a text that is not UTF-8. */
char *dump_line_write (const dump_line_t *self);

typedef struct {
    uint64_t rows;
    uint64_t of_table[16]; /*  in the order of dump_tables */
} dump_counts_t;

/*  As of one moment; the copier may run. each gets lines without their end; != 0 ends it with that value. */
typedef int (dump_each_fn) (void *context, const char *line);
int dump_export (
    storage_t *storage, dump_each_fn *each, void *context, dump_counts_t *counts, problem_t *problem);

/*  Everything or nothing, into a database that holds nothing yet (-ERR_EXISTS). next gives a line without its end and its
 *  size: 1; 0 at the end; -ERR_*. `name`: of the file, for problems. */
typedef int (dump_next_fn) (void *context, const char **line_p, size_t *size_p, problem_t *problem);
int dump_import (storage_t *storage, const char *name, dump_next_fn *next, void *context,
    dump_counts_t *counts, problem_t *problem);

#endif
