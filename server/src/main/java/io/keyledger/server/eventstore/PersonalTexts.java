package io.keyledger.server.eventstore;

import io.keyledger.api.account.PersonalText;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;

/** Writes personal text as its ciphertext, and refuses to write it in clear: whatever went wrong before, it stays out. */
final class PersonalTexts extends SimpleModule {

    PersonalTexts() {
        super("personal texts");
        addSerializer(PersonalText.class, new Serializer());
        addDeserializer(PersonalText.class, new Deserializer());
    }

    private static final class Serializer extends StdSerializer<PersonalText> {

        Serializer() {
            super(PersonalText.class);
        }

        @Override
        public void serialize(PersonalText text, JsonGenerator json, SerializationContext context) {
            switch (text) {
                case PersonalText.Sealed sealed -> json.writeString(sealed.ciphertext());
                case PersonalText.Clear _ -> throw new IllegalStateException("personal text must be sealed first");
            }
        }
    }

    private static final class Deserializer extends StdDeserializer<PersonalText> {

        Deserializer() {
            super(PersonalText.class);
        }

        @Override
        public PersonalText deserialize(JsonParser json, DeserializationContext context) {
            return new PersonalText.Sealed(json.getString());
        }
    }
}
