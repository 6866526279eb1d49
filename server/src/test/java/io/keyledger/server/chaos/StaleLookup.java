package io.keyledger.server.chaos;

import io.keyledger.query.authentication.RememberedLookup;
import io.keyledger.query.authentication.TokenAuthentication;
import io.keyledger.query.authentication.TokenLookup;
import io.keyledger.server.journey.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;

/** A server that remembers look-ups for a second, by a patched {@link TokenAuthentication}: wrong on purpose. */
final class StaleLookup {

    private StaleLookup() {}

    static ServerProcess.Setup in(ServerProcess.Setup setup, Path directory) {
        var name = TokenAuthentication.class.getName().replace('.', '/') + "$Look.class";
        var lookup = ClassDesc.of(TokenLookup.class.getName());
        CodeTransform askElsewhere = (code, element) -> {
            if (element instanceof InvokeInstruction call
                    && call.owner().asSymbol().equals(lookup)
                    && call.name().equalsString("answer")) {
                code.invokestatic(
                        ClassDesc.of(RememberedLookup.class.getName()),
                        "answer",
                        call.typeSymbol().insertParameterTypes(0, lookup));
            } else {
                code.with(element);
            }
        };
        try (var original = TokenAuthentication.class.getClassLoader().getResourceAsStream(name)) {
            var classes = ClassFile.of();
            var target = directory.resolve(name);
            Files.createDirectories(target.getParent());
            Files.write(
                    target,
                    classes.transformClass(
                            classes.parse(original.readAllBytes()),
                            ClassTransform.transformingMethodBodies(askElsewhere)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return setup.patchedBy(directory);
    }
}
