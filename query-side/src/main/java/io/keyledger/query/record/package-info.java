/** The record: events in a Merkle tree, signed checkpoints of it, and proofs, so that nobody can alter it unseen. */
@NullMarked
package io.keyledger.query.record;

import org.jspecify.annotations.NullMarked;
