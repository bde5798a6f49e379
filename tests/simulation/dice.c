/*  dice.c: see dice.h. */
#include "tests/simulation/dice.h"

#include <assert.h>

uint64_t dice_next (dice_t *self)
{
    uint64_t z = self->state += UINT64_C (0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
    return z ^ z >> 31;
}

int64_t dice_between (dice_t *self, int64_t least, int64_t most)
{
    assert (least <= most);
    return least + (int64_t) (dice_next (self) % ((uint64_t) (most - least) + 1));
}

bool dice_ppm (dice_t *self, uint32_t ppm)
{
    return dice_next (self) % 1000000 < ppm;
}
