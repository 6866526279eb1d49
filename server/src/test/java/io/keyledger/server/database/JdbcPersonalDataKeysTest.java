package io.keyledger.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.server.TestDatabase;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class JdbcPersonalDataKeysTest {

    private final HikariDataSource database = TestDatabase.create();
    private final PersonalDataKeys keys = new JdbcPersonalDataKeys(
            new JdbcTemplate(database), MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));

    @BeforeEach
    void createKeys() {
        keys.create("acc_ada");
        keys.create("acc_bob");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private PersonalDataKeys.Keyring keyring() {
        return keys.of(List.of("acc_ada", "acc_bob"));
    }

    @Test
    void what_was_sealed_opens_as_erased_once_its_key_is_destroyed_and_others_as_they_are() {
        var ada = keyring().seal("acc_ada", "event", "Ada");
        var bob = keyring().seal("acc_bob", "event", "Bob");

        keys.destroy("acc_ada");

        assertThat(keyring().isErased("acc_ada")).isTrue();
        assertThat(keyring().isErased("acc_bob")).isFalse();
        assertThat(keyring().open("acc_ada", "event", ada)).isEqualTo(PersonalDataKeys.ERASED);
        assertThat(keyring().open("acc_bob", "event", bob)).isEqualTo("Bob");
    }

    @Test
    void what_is_sealed_for_somebody_who_was_erased_holds_nothing() {
        keys.destroy("acc_ada");

        var sealed = keyring().seal("acc_ada", "event", "Ada");

        assertThat(sealed.ciphertext()).isEmpty();
        assertThat(keyring().open("acc_ada", "event", sealed)).isEqualTo(PersonalDataKeys.ERASED);
        // Also where the key comes back from a backup.
        assertThat(keyring().open("acc_bob", "event", new PersonalText.Sealed("")))
                .isEqualTo(PersonalDataKeys.ERASED);
    }

    @Test
    void a_transaction_reads_the_keys_once_and_sees_what_it_destroys() {
        var transaction = new TransactionTemplate(new JdbcTransactionManager(database));
        var first = transaction.execute(_ -> {
            var keyring = keyring();
            assertThat(keys.of(List.of("acc_bob"))).isSameAs(keyring);
            return keyring;
        });
        transaction.executeWithoutResult(_ -> {
            assertThat(keyring()).isNotSameAs(first);
            keys.destroy("acc_ada");
            assertThat(keyring().isErased("acc_ada")).isTrue();
        });
        assertThat(keyring()).isNotSameAs(keyring());
    }

    @Test
    void nothing_is_sealed_for_an_account_that_never_had_a_key() {
        assertThatThrownBy(() -> keys.of(List.of("acc_eve")).seal("acc_eve", "event", "Eve"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("acc_eve")
                .hasMessageNotContaining("Eve");
    }

    @Test
    void a_destroyed_key_cannot_be_held() {
        keys.hold(List.of("acc_ada", "acc_bob"));
        keys.destroy("acc_ada");
        keys.hold(List.of("acc_bob"));
        assertThatThrownBy(() -> keys.hold(List.of("acc_bob", "acc_ada")))
                .isInstanceOfSatisfying(
                        Refusal.Conflict.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("account_erased"));
    }
}
