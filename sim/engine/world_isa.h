// The engine for the instruction set that the including file has chosen: everything is static,
// each instruction set is one translation unit.
#include "world_step.h"

const world_isa WORLD_ISA = {WORLD_ISA_NAME, world_step_all, world_reset_all, world_show_all, world_functions};
