// Package copies says which factors of products a device should read as copies in bf16, who makes the copies, and where they are.
// A product that rounds its factors to bf16 has the same result with a copy, which has half of the bytes, and reaches shared memory
// without passing through registers.
//
// There are two kinds, made where they save bytes:
//
//   - The result of a product: the product writes it a second time, in bf16. It saves bytes if products read it at least twice,
//     such as an activation, which the next layer reads, and the gradient of that layer's weights.
//   - A matrix that is the same in all iterations of a loop, and is read by many blocks of rows, such as weights: a launch before the
//     loop copies it. Copies are made as early as possible, so that one launch makes many, and left out where they save less than a launch costs. Adam's master weights stay as they are, and
//     a copy never outlives a run of the Program: no checkpoint has it, and none is stale.
//
// The package knows no device: [Of] returns the copies as data.
package copies
