package io.keyledger.server.eventstore;

import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

/** Reads and writes the tokens of streaming processors, for Axon's token store and whoever looks into it. */
public final class TokenSerializer {

    private TokenSerializer() {}

    /**
     * Axon's, with one thing put right: as it comes, it cannot read the token of a replay that it has written, as
     * Jackson 3 refuses all classes for a field that Axon declares as {@code Object}. Here, tokens are allowed.
     */
    public static Serializer create() {
        return Jackson3Serializer.builder()
                .jsonMapperBuilderCustomizer(
                        json -> json.polymorphicTypeValidator(BasicPolymorphicTypeValidator.builder()
                                .allowIfSubType(TrackingToken.class)
                                .build()))
                .build();
    }
}
