package io.keyledger.api.token;

/** Ends a token for good; when the answer arrives no node accepts it any more. */
public record RevokeToken(String tokenId, String accountId, RevocationReason reason) implements TokenCommand {

    /** Because somebody wants it. */
    public RevokeToken(String tokenId, String accountId) {
        this(tokenId, accountId, RevocationReason.REQUESTED);
    }
}
