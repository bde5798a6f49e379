/*  dice.h: all randomness of one history, from its seed (splitmix64: Vigna, public domain). */
#ifndef SIMULATION_DICE_H
#define SIMULATION_DICE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} dice_t;

uint64_t dice_next (dice_t *self);
int64_t dice_between (dice_t *self, int64_t least, int64_t most); /*  both included */
bool dice_ppm (dice_t *self, uint32_t ppm);                       /*  true in ppm of a million cases */

#endif
