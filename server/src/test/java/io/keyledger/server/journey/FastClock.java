package io.keyledger.server.journey;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A server whose wall clock is fast, as far as {@code java.time} tells it: {@code Clock.system…} and {@code now()}, by a
 * patched {@code java.time.Clock} in that process. So are the clocks of Axon and of Spring Session, until the server
 * replaces them. {@code System.currentTimeMillis()} stays right, which here is asked by log entries alone; and so does time
 * that is measured, {@code System.nanoTime()}.
 */
public final class FastClock {

    private FastClock() {}

    static ServerProcess.Setup ahead(ServerProcess.Setup setup, Path directory, Duration by) {
        return ahead(setup, directory, code -> code.loadConstant(by.toMillis()));
    }

    /**
     * A server whose clock is set while it runs.
     *
     * @param hand a file: how long after the beginning of 1970 it was last modified, or before, is how much the clock is
     *     ahead, or behind
     */
    public static ServerProcess.Setup set(ServerProcess.Setup setup, Path directory, Path hand) {
        var file = ClassDesc.of("java.io.File");
        return ahead(
                setup,
                directory,
                code -> code.new_(file)
                        .dup()
                        .loadConstant(hand.toString())
                        .invokespecial(file, "<init>", MethodTypeDesc.ofDescriptor("(Ljava/lang/String;)V"))
                        .invokevirtual(file, "lastModified", MethodTypeDesc.ofDescriptor("()J")));
    }

    /** @param by puts milliseconds onto the stack */
    private static ServerProcess.Setup ahead(ServerProcess.Setup setup, Path directory, Addition by) {
        patch(directory, "Clock.class", "currentInstant", Opcode.ARETURN, code -> {
            by.to(code);
            code.invokevirtual(
                    ClassDesc.of("java.time.Instant"),
                    "plusMillis",
                    MethodTypeDesc.ofDescriptor("(J)Ljava/time/Instant;"));
        });
        patch(directory, "Clock$SystemClock.class", "millis", Opcode.LRETURN, code -> {
            by.to(code);
            code.ladd();
        });
        return setup.jvmOption("--patch-module=java.base=" + directory);
    }

    private interface Addition {
        void to(java.lang.classfile.CodeBuilder code);
    }

    private static void patch(Path directory, String file, String method, Opcode end, Addition addition) {
        try (var original = Object.class.getResourceAsStream("/java/time/" + file)) {
            var classes = ClassFile.of();
            CodeTransform addBeforeEnd = (code, element) -> {
                if (element instanceof ReturnInstruction instruction && instruction.opcode() == end) {
                    addition.to(code);
                }
                code.with(element);
            };
            var patched = classes.transformClass(
                    classes.parse(original.readAllBytes()),
                    ClassTransform.transformingMethodBodies(
                            candidate -> candidate.methodName().equalsString(method), addBeforeEnd));
            var target = directory.resolve("java/time").resolve(file);
            Files.createDirectories(target.getParent());
            Files.write(target, patched);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
