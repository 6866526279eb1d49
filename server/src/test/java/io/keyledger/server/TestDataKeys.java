package io.keyledger.server;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.server.database.JdbcPersonalDataKeys;
import io.keyledger.server.database.MasterKey;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The server's data keys in a test database, under a master key that is no secret. */
public final class TestDataKeys implements PersonalDataKeys {

    private final JdbcTemplate jdbc;
    private final PersonalDataKeys keys;
    private int reads;

    public TestDataKeys(DataSource database) {
        jdbc = new JdbcTemplate(database);
        keys = new JdbcPersonalDataKeys(jdbc, MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
    }

    @Override
    public void create(String accountId) {
        keys.create(accountId);
    }

    @Override
    public void hold(Collection<String> accountIds) {
        keys.hold(accountIds);
    }

    @Override
    public void lock(String accountId) {
        keys.lock(accountId);
    }

    @Override
    public void destroy(String accountId) {
        keys.destroy(accountId);
    }

    @Override
    public Keyring of(Collection<String> accountIds) {
        reads++;
        return keys.of(accountIds);
    }

    /** How often keys were read from the database. */
    public int reads() {
        return reads;
    }

    /** Seals as at an append, with a new key if the account has none. */
    public PersonalText.Sealed seal(String accountId, String context, String text) {
        if (jdbc.queryForList("select from state.data_key where account_id = ?", accountId)
                .isEmpty()) {
            keys.create(accountId);
        }
        return keys.of(List.of(accountId)).seal(accountId, context, text);
    }
}
