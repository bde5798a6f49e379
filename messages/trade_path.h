/*  trade_path.h: the instructions between the frame of a fill and the first order, fetched before they are needed.
 *
 *  100 ms after the last trade nearly none of them is in the processor's cache: a trade would wait for each line of 64
 *  bytes in turn. The linker puts the functions that it runs through side by side (cmake/trade_path.ld, made by
 *  scripts/trade-path); asked for all at once they come within microseconds (docs/performance.md).
 */
#ifndef TRADE_PATH_H
#define TRADE_PATH_H

/*  Asks for the lines, waits for none. Nothing where the program was linked without cmake/trade_path.ld. Any thread. */
void trade_path_fetch (void);

#endif
