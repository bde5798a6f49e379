/*  chance.h: the engine's only source of chance: xoshiro256** seeded by splitmix64; and the ids made of it. */
#ifndef SIMULATOR_CHANCE_H
#define SIMULATOR_CHANCE_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t word[4];
} chance_t;

void chance_seed (chance_t *self, uint64_t seed);
uint64_t chance_next (chance_t *self);
/*  0 .. bound - 1; bound > 0. */
uint64_t chance_below (chance_t *self, uint64_t bound);
/*  True ppm times in a million. */
bool chance_hits (chance_t *self, uint32_t ppm);

#define UUID_TEXT_MAX 37
/*  A version 4 UUID with dashes. */
void chance_uuid (chance_t *self, char *text, size_t size);
/*  Lower case with dashes out of 32 hex digits or the dashed form; false: neither. */
bool uuid_canonical (const char *text, char canonical[UUID_TEXT_MAX]);

/*  26 characters: 48 bits of milliseconds, then the number: ascending when both are. */
void ulid_format (int64_t at_ns, uint64_t number, char *text, size_t size);

#endif
