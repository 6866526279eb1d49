package io.keyledger.api.audit;

/** Names in the metadata of every stored event; absent where unknown. They are stored for ever. */
public final class EventMetadata {

    /** {@link AuditEvent.Actor.Type}, in small letters. */
    public static final String ACTOR_TYPE = "actorType";

    public static final String ACTOR_ACCOUNT_ID = "actorAccountId";
    public static final String ACTOR_TOKEN_ID = "actorTokenId";

    /** Ciphertext under the data key of the actor's account, or, without one, of the account the event is about. */
    public static final String IP_ADDRESS = "ipAddress";

    /** Ciphertext, as {@link #IP_ADDRESS}. */
    public static final String USER_AGENT = "userAgent";

    public static final String CORRELATION_ID = "correlationId";

    private EventMetadata() {}
}
