/*  trade_path.c: see trade_path.h. */
#include "messages/trade_path.h"

#define LINE_BYTES 64

/*  Of the linker's script; without it both are NULL. */
extern const char trade_path_begin[] __attribute__ ((weak, visibility ("hidden")));
extern const char trade_path_end[] __attribute__ ((weak, visibility ("hidden")));

void trade_path_fetch (void)
{
    for (const char *at = trade_path_begin; at < trade_path_end; at += LINE_BYTES)
        __builtin_prefetch (at, 0, 2);
}
