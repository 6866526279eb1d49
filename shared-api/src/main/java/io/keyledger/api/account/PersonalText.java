package io.keyledger.api.account;

import java.util.Objects;

/**
 * Text about a person in an event or its metadata: clear between a decision and the append, sealed (encrypted under the
 * person's data key) ever after. What is stored can be made unreadable for good by destroying that key.
 */
public sealed interface PersonalText {

    /** Not stored: the event serializer refuses it. Compares by text and never prints it. */
    record Clear(String text) implements PersonalText {

        public Clear {
            Objects.requireNonNull(text);
        }

        @Override
        public String toString() {
            return "PersonalText[***]";
        }
    }

    /**
     * @param ciphertext base64; opened with the account's data key, and only together with the account's and the
     *     event's id, so that it cannot be moved into another event
     */
    record Sealed(String ciphertext) implements PersonalText {

        @Override
        public String toString() {
            return "PersonalText[sealed]";
        }
    }

    static PersonalText of(String text) {
        return new Clear(text);
    }
}
