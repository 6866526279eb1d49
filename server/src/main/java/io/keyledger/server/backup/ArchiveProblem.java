package io.keyledger.server.backup;

/** An archive cannot be used; the message says why, and what to do. */
public final class ArchiveProblem extends RuntimeException {

    private static final long serialVersionUID = 1;

    ArchiveProblem(String message) {
        super(message);
    }
}
