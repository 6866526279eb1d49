package io.keyledger.command.account;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/** HMAC-SHA256 of texts: stands for emails and addresses in tables whose dump must not tell them. */
final class KeyedDigest {

    private final SecretKey key;

    KeyedDigest(SecretKey key) {
        this.key = key;
    }

    /** 32 bytes. Each part goes in after its length, so {@code ("ab", "c")} and {@code ("a", "bc")} differ. */
    byte[] of(String... parts) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            for (var part : parts) {
                var bytes = part.getBytes(StandardCharsets.UTF_8);
                mac.update(
                        ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
                mac.update(bytes);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
