package io.keyledger.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.subtle.AesGcmJce;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Data keys in {@code state.data_key}: 256 random bits each, for AES-GCM, wrapped by a key derived from the master key.
 * They are read for each operation and never kept, so that a destroyed one opens nothing any more, on any node.
 */
public final class JdbcPersonalDataKeys implements PersonalDataKeys {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final JdbcTemplate jdbc;
    private final Aead wrapping;

    public JdbcPersonalDataKeys(JdbcTemplate jdbc, MasterKey masterKey) {
        this.jdbc = jdbc;
        this.wrapping = aead(masterKey.derive("personal data keys"));
    }

    @Override
    public void create(String accountId) {
        var key = new byte[32];
        RANDOM.nextBytes(key);
        try {
            jdbc.update(
                    "insert into state.data_key (account_id, wrapped) values (?, ?)",
                    accountId,
                    wrapping.encrypt(key, accountId.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the data key of " + accountId + " cannot be wrapped", e);
        }
    }

    @Override
    public Keyring of(Collection<String> accountIds) {
        Map<String, Aead> keys = new HashMap<>();
        jdbc.query(
                "select account_id, wrapped from state.data_key where account_id = any (?) and wrapped is not null",
                row -> {
                    keys.put(row.getString(1), unwrap(row.getString(1), row.getBytes(2)));
                },
                (Object) accountIds.toArray(String[]::new));
        return new AeadKeyring(keys);
    }

    private Aead unwrap(String accountId, byte[] wrapped) {
        try {
            return aead(wrapping.decrypt(wrapped, accountId.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the data key of " + accountId + " cannot be unwrapped", e);
        }
    }

    private static Aead aead(byte[] key) {
        try {
            return new AesGcmJce(key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private record AeadKeyring(Map<String, Aead> keys) implements Keyring {

        @Override
        public PersonalText.Sealed seal(String accountId, String context, String text) {
            var key = keys.get(accountId);
            if (key == null) {
                throw new IllegalStateException("the data key of " + accountId + " was destroyed or never made");
            }
            try {
                return new PersonalText.Sealed(Base64.getEncoder()
                        .encodeToString(key.encrypt(text.getBytes(UTF_8), associatedData(accountId, context))));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("a personal text of " + accountId + " cannot be sealed", e);
            }
        }

        @Override
        public String open(String accountId, String context, PersonalText text) {
            return switch (text) {
                case PersonalText.Clear(var clear) -> clear;
                case PersonalText.Sealed(var ciphertext) -> open(accountId, context, ciphertext, keys.get(accountId));
            };
        }

        private static String open(String accountId, String context, String ciphertext, @Nullable Aead key) {
            if (key == null) {
                return ERASED;
            }
            try {
                var clear = key.decrypt(Base64.getDecoder().decode(ciphertext), associatedData(accountId, context));
                return new String(Objects.requireNonNull(clear), UTF_8);
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                throw new IllegalStateException(
                        "a personal text of " + accountId + " in " + context + " does not open: it was altered", e);
            }
        }

        private static byte[] associatedData(String accountId, String context) {
            return (accountId + " " + context).getBytes(UTF_8);
        }

        @Override
        public String toString() {
            return "Keyring[***]";
        }
    }
}
