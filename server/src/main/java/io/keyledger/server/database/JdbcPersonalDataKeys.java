package io.keyledger.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.crypto.tink.Aead;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Data keys in {@code state.data_key}: 256 random bits each, for AES-GCM, wrapped by a key derived from the master key.
 * They are read for each operation, or once for those of a transaction, and never kept, so that a destroyed one opens
 * nothing any more, on any node.
 */
public final class JdbcPersonalDataKeys implements PersonalDataKeys {

    /** In place of what would be sealed for somebody who was erased. */
    private static final PersonalText.Sealed NOTHING = new PersonalText.Sealed("");

    private static final SecureRandom RANDOM = new SecureRandom();

    private final JdbcTemplate jdbc;
    private final Aead wrapping;

    public JdbcPersonalDataKeys(JdbcTemplate jdbc, MasterKey masterKey) {
        this(jdbc, new AesGcm(masterKey.derive(Sealed.DATA_KEYS)));
    }

    /** @param wrapping under the master key, for {@link Sealed#DATA_KEYS} */
    JdbcPersonalDataKeys(JdbcTemplate jdbc, Aead wrapping) {
        this.jdbc = jdbc;
        this.wrapping = wrapping;
    }

    @Override
    public void create(String accountId) {
        forget();
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
    public void hold(Collection<String> accountIds) {
        forget();
        // In one order, so that two who hold the same ones do not wait for each other.
        accountIds.stream().sorted().forEach(accountId -> lock("pg_advisory_xact_lock_shared", accountId));
        var destroyed = jdbc.queryForObject(
                "select exists (select from state.data_key where account_id = any (?) and wrapped is null)",
                Boolean.class,
                (Object) accountIds.toArray(String[]::new));
        if (Boolean.TRUE.equals(destroyed)) {
            throw new Refusal.Conflict(
                    "account_erased", "The personal data of this account was erased: nothing about it can be changed.");
        }
    }

    @Override
    public void lock(String accountId) {
        forget();
        lock("pg_advisory_xact_lock", accountId);
    }

    /** Not the row's own lock: while some share that one, others may join them for ever before who waits for it. */
    private void lock(String function, String accountId) {
        jdbc.query(
                "select %s(hashtextextended(?, 0))".formatted(function), row -> {}, "keyledger.data_key " + accountId);
    }

    @Override
    public void destroy(String accountId) {
        forget();
        jdbc.update("update state.data_key set wrapped = null where account_id = ?", accountId);
    }

    /** What it reads, a command seals by, its lookup rows are made by, and it answers by. */
    @Override
    public Keyring of(Collection<String> accountIds) {
        if (TransactionSynchronizationManager.getResource(this) instanceof AeadKeyring known
                && known.accountIds().containsAll(accountIds)) {
            return known;
        }
        forget();
        var keyring = read(accountIds);
        if (TransactionSynchronizationManager.isActualTransactionActive()) {
            TransactionSynchronizationManager.bindResource(this, keyring);
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCompletion(int status) {
                    forget();
                }
            });
        }
        return keyring;
    }

    private void forget() {
        TransactionSynchronizationManager.unbindResourceIfPossible(this);
    }

    private AeadKeyring read(Collection<String> accountIds) {
        Map<String, Aead> keys = new HashMap<>();
        Set<String> erased = new HashSet<>();
        // PostgreSQL plans an array's query each time; a command asks for one.
        var one = accountIds.size() == 1;
        Object parameter = one ? accountIds.iterator().next() : accountIds.toArray(String[]::new);
        jdbc.query(
                "select account_id, wrapped from state.data_key where account_id = " + (one ? "?" : "any (?)"),
                row -> {
                    var wrapped = row.getBytes(2);
                    if (wrapped == null) {
                        erased.add(row.getString(1));
                    } else {
                        keys.put(row.getString(1), unwrap(row.getString(1), wrapped));
                    }
                },
                parameter);
        return new AeadKeyring(Set.copyOf(accountIds), keys, erased);
    }

    private Aead unwrap(String accountId, byte[] wrapped) {
        try {
            return new AesGcm(wrapping.decrypt(wrapped, accountId.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the data key of " + accountId + " cannot be unwrapped", e);
        }
    }

    private record AeadKeyring(Set<String> accountIds, Map<String, Aead> keys, Set<String> erased) implements Keyring {

        @Override
        public PersonalText.Sealed seal(String accountId, String context, String text) {
            if (erased.contains(accountId)) {
                return NOTHING;
            }
            var key = keys.get(accountId);
            if (key == null) {
                throw new IllegalStateException(accountId + " never had a data key");
            }
            try {
                return new PersonalText.Sealed(Base64.getEncoder()
                        .encodeToString(key.encrypt(text.getBytes(UTF_8), associatedData(accountId, context))));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("a personal text of " + accountId + " cannot be sealed", e);
            }
        }

        @Override
        public boolean isErased(String accountId) {
            return erased.contains(accountId);
        }

        @Override
        public String open(String accountId, String context, PersonalText text) {
            return switch (text) {
                case PersonalText.Clear(var clear) -> clear;
                case PersonalText.Sealed(var ciphertext) -> open(accountId, context, ciphertext, keys.get(accountId));
            };
        }

        private static String open(String accountId, String context, String ciphertext, @Nullable Aead key) {
            // What was sealed after the erasure stays erased, even where the key comes back from a backup.
            if (key == null || ciphertext.isEmpty()) {
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
