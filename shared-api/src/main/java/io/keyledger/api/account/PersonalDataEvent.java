package io.keyledger.api.account;

import java.util.function.UnaryOperator;

/** An event that holds personal data of its account's person. */
public interface PersonalDataEvent {

    /** The same event with each personal text replaced, absent ones left out: how sealing and opening reach them all. */
    PersonalDataEvent withPersonalTexts(UnaryOperator<PersonalText> replace);
}
