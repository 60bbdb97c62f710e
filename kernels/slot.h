// What an OP_STEP exchanges with its environment, for C and CUDA. A test compares every name and value with kernels.Slot.
#ifndef GMEL_SLOT_H
#define GMEL_SLOT_H

// The tensors in the order of the op's arguments, X(code, name).
#define SLOT_TENSORS(X) \
	X(SLOT_ACT, act) X(SLOT_OBS, obs) X(SLOT_MASK, mask) X(SLOT_NEXT_OBS, nextObs) X(SLOT_NEXT_MASK, nextMask) \
	X(SLOT_REWARD, reward) X(SLOT_ACTIVE, active) X(SLOT_ENDED, ended)

#define SLOT_CODE(code, name) code,
enum { SLOT_TENSORS(SLOT_CODE) SLOT_END };
#undef SLOT_CODE

// Values of SLOT_ENDED.
enum { GOES_ON, TERMINATED, TRUNCATED };

#endif
