/*  number.h: whole numbers of the command line. */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdint.h>

/*  Decimal digits only, least <= value <= most. 0 or -ERR_RANGE. */
int number_parse (const char *text, uint64_t least, uint64_t most, uint64_t *value_p);

#endif
