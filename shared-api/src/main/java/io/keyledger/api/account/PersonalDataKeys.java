package io.keyledger.api.account;

import io.keyledger.api.Refusal;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Every person's data key. Destroying one makes all that was sealed with it unreadable, backups and replay included. */
public interface PersonalDataKeys {

    /** What stands in place of a text whose key was destroyed. */
    String ERASED = "erased";

    /** Makes the data key of a new account, in the current transaction. */
    void create(String accountId);

    /**
     * Keeps the data keys of these accounts until the current transaction ends: whoever locks one of them waits.
     *
     * @throws Refusal.Conflict when one was destroyed
     */
    void hold(Collection<String> accountIds);

    /** Waits until nobody holds the account's data key, and lets nobody hold it until the current transaction ends. */
    void lock(String accountId);

    /** Destroys the data key of an account, in the current transaction. */
    void destroy(String accountId);

    /** The keys of these accounts, read from the database at once and never kept. */
    Keyring of(Collection<String> accountIds);

    /** Some accounts' data keys, for the length of one operation. */
    interface Keyring {

        /**
         * @param context what the text stands in, usually the event's id; needed again to open it
         * @return empty when the account's key was destroyed: it opens as {@link #ERASED}, and holds nothing
         * @throws IllegalStateException when the account never had a key
         */
        PersonalText.Sealed seal(String accountId, String context, String text);

        /** Whether the account's key was destroyed. */
        boolean isErased(String accountId);

        /** The text, or {@link #ERASED} when the account's key was destroyed. */
        String open(String accountId, String context, PersonalText text);

        /** As {@link #open}, absent for absent. */
        default @Nullable String openNullable(String accountId, String context, @Nullable PersonalText text) {
            return text == null ? null : open(accountId, context, text);
        }
    }
}
