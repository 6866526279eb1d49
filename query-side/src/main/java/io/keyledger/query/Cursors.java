package io.keyledger.query;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.subtle.AesGcmJce;
import io.keyledger.api.Refusal;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes the opaque texts that say where the next page of a list begins, and reads them again. A cursor holds the sort
 * key of the last row; it is encrypted because that may be a name or an email address, and cursors end up in URLs and
 * logs. It works for 24 hours, and only for the list that it was made for.
 */
public final class Cursors {

    private static final Duration LIFETIME = Duration.ofHours(24);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Aead cipher;
    private final Clock clock;

    /** @param cipher the same on every node */
    public Cursors(Aead cipher, Clock clock) {
        this.cipher = cipher;
        this.clock = clock;
    }

    /** @param key 32 bytes, the same on every node */
    Cursors(byte[] key, Clock clock) {
        this(aead(key), clock);
    }

    private static Aead aead(byte[] key) {
        if (key.length != 32) {
            throw new IllegalArgumentException("a cursor key has 32 bytes, not " + key.length);
        }
        try {
            return new AesGcmJce(key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is not available", e);
        }
    }

    /**
     * @param list what makes the list another one: the query's name, its reader, filters and sort order
     * @param key the sort key of the last row
     */
    public String write(List<? extends @Nullable Object> list, List<String> key) {
        try {
            var content = JSON.writeValueAsBytes(new Content(clock.instant().getEpochSecond(), key));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(cipher.encrypt(content, bytes(list)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a cursor could not be encrypted", e);
        }
    }

    /**
     * The sort key of the row before the page.
     *
     * @param list the same as when it was written
     * @param cursor absent: the first page
     * @return absent: the first page
     */
    public @Nullable List<String> read(List<? extends @Nullable Object> list, @Nullable String cursor) {
        if (cursor == null) {
            return null;
        }
        Content content;
        try {
            var opened = cipher.decrypt(Base64.getUrlDecoder().decode(cursor), bytes(list));
            content = JSON.readValue(opened, Content.class);
        } catch (GeneralSecurityException | IllegalArgumentException | JacksonException e) {
            throw invalid();
        }
        if (clock.instant().isAfter(Instant.ofEpochSecond(content.madeAt()).plus(LIFETIME))) {
            throw invalid();
        }
        return content.key();
    }

    /** As JSON, so that no two lists look the same. */
    private static byte[] bytes(List<? extends @Nullable Object> list) {
        return JSON.writeValueAsBytes(list);
    }

    private static Refusal invalid() {
        return new Refusal.Malformed(
                "invalid_cursor",
                "The cursor is not valid for this list, or it is too old. Start again without a cursor.");
    }

    private record Content(long madeAt, List<String> key) {}
}
