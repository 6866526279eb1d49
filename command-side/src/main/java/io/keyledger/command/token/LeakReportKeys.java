package io.keyledger.command.token;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.keyledger.api.Refusal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The public keys that a scanner signs its reports with, from where it publishes them. They are fetched when they are
 * needed, kept for an hour, and fetched again for a key that is unknown, but at most once a minute: whoever makes up
 * names of keys must not make us ask for each.
 */
public final class LeakReportKeys {

    private static final Logger LOG = LoggerFactory.getLogger(LeakReportKeys.class);
    private static final Duration KEPT = Duration.ofHours(1);
    private static final Duration BETWEEN_FETCHES = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final URI source;
    private final JsonMapper json;
    private final Clock clock;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private Map<String, PublicKey> keys = Map.of();
    private Instant fetchedAt = Instant.MIN;
    private Instant triedAt = Instant.MIN;

    /** @param source {@code https:} where the keys are published, or {@code file:} of a copy */
    public LeakReportKeys(URI source, JsonMapper json, Clock clock) {
        this.source = source;
        this.json = json;
        this.clock = clock;
    }

    private record Published(
            @JsonProperty("public_keys") @Nullable List<PublishedKey> keys) {}

    private record PublishedKey(
            @JsonProperty(value = "key_identifier", required = true)
            String id,

            @JsonProperty(value = "key", required = true) String pem) {}

    /**
     * Whether one of the published keys has signed these bytes.
     *
     * @param signature base64 of an ECDSA signature in DER
     * @throws Refusal.Unavailable when the keys cannot be had
     */
    boolean isSignedBy(String keyId, String signature, byte[] body) {
        var key = key(keyId);
        if (key == null) {
            return false;
        }
        try {
            var verifier = Signature.getInstance("SHA256withECDSA");
            verifier.initVerify(key);
            verifier.update(body);
            return verifier.verify(Base64.getDecoder().decode(signature.strip()));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    private synchronized @Nullable PublicKey key(String keyId) {
        var now = clock.instant();
        var old = fetchedAt.plus(KEPT).isBefore(now);
        if ((old || !keys.containsKey(keyId)) && triedAt.plus(BETWEEN_FETCHES).isBefore(now)) {
            triedAt = now;
            try {
                keys = fetch();
                fetchedAt = now;
            } catch (IOException | JacksonException | GeneralSecurityException | IllegalArgumentException e) {
                LOG.warn("The keys for reports of leaks cannot be had: {}", e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (keys.isEmpty()) {
            throw new Refusal.Unavailable(
                    "keys_unavailable", "The keys to check the signature with cannot be had now.", BETWEEN_FETCHES);
        }
        return keys.get(keyId);
    }

    private Map<String, PublicKey> fetch() throws IOException, InterruptedException, GeneralSecurityException {
        @Nullable
        Published published = json.readerFor(Published.class)
                .without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .readValue(read());
        if (published == null || published.keys() == null) {
            throw new IOException("there are no public_keys at " + source);
        }
        var fetched = new HashMap<String, PublicKey>();
        for (var key : published.keys()) {
            var der = Base64.getMimeDecoder().decode(key.pem().replaceAll("-----[A-Z ]+-----", ""));
            fetched.put(key.id(), KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(der)));
        }
        return fetched;
    }

    private String read() throws IOException, InterruptedException {
        if ("file".equals(source.getScheme())) {
            return Files.readString(Path.of(source));
        }
        var answer = http.send(
                HttpRequest.newBuilder(source).timeout(PATIENCE).build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (answer.statusCode() != 200) {
            throw new IOException(source + " answers " + answer.statusCode());
        }
        return answer.body();
    }
}
