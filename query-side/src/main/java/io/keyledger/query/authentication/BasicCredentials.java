package io.keyledger.query.authentication;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** What HTTP Basic carries (RFC 7617). */
public record BasicCredentials(String user, String password) {

    /** @param encoded base64 of both with a colon between, in UTF-8; nothing where it is anything else */
    public static Optional<BasicCredentials> parse(String encoded) {
        try {
            var text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Base64.getDecoder().decode(encoded)))
                    .toString();
            var colon = text.indexOf(':');
            return colon < 0 || text.indexOf('\0') >= 0
                    ? Optional.empty()
                    : Optional.of(new BasicCredentials(text.substring(0, colon), text.substring(colon + 1)));
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** A token's id and value, as OAuth 2.0 clients send them: client id and secret (RFC 6749, 2.3.1). */
    public boolean areOfToken() {
        return user.startsWith("tok_");
    }

    @Override
    public String toString() {
        return "BasicCredentials[***]";
    }
}
