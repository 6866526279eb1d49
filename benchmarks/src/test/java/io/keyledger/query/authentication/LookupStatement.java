package io.keyledger.query.authentication;

/** The server's own look-up, so that what is measured is what is asked. */
public final class LookupStatement {

    private LookupStatement() {}

    /** @param schema that holds tables like those of {@code projection} */
    public static String inSchema(String schema) {
        return LookupLane.SELECT.replace("projection.", schema + ".");
    }
}
