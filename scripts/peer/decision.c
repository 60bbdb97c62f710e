/* The time of a decision of a header that gmel export --to c wrote. HEADER is its name. The argument is a file with observations
 * [N, O] in float32 followed by masks [N, U] in bytes. Prints the fastest and the median of many batches of 100 decisions, in us per
 * decision, and the actions to a file. */
#define _POSIX_C_SOURCE 199309L
#include HEADER
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 1000, BATCH = 100, REPEATS = 3000 };

static float obs[ROWS][GMEL_POLICY_OBSERVATIONS];
static unsigned char legal[ROWS][GMEL_POLICY_ACTIONS], action[ROWS];
static double took[REPEATS];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

int main(int argc, char **argv)
{
    FILE *f = argc == 3 ? fopen(argv[1], "rb") : NULL;
    int i, j;
    if (!f || fread(obs, sizeof obs, 1, f) != 1 || fread(legal, sizeof legal, 1, f) != 1 || fclose(f)) {
        fprintf(stderr, "decision: usage: decision INPUT ACTIONS, with %d rows in INPUT\n", ROWS);
        return 2;
    }
    for (i = 0; i < REPEATS; i++) {
        const int first = i * BATCH % ROWS;
        const double begin = now();
        for (j = first; j < first + BATCH; j++)
            action[j] = (unsigned char)gmel_policy_act(obs[j], legal[j]);
        took[i] = (now() - begin) / BATCH;
    }
    qsort(took, REPEATS, sizeof *took, ascending);
    printf("%.2f %.2f\n", took[0], took[REPEATS / 2]);
    f = fopen(argv[2], "wb");
    return !f || fwrite(action, sizeof action, 1, f) != 1 || fclose(f);
}
