package io.keyledger.server;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Clock;
import java.util.Calendar;
import java.util.Date;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * What keeps the modules apart and the decisions pure. A rule that turns out wrong is changed here, with its reason.
 */
@AnalyzeClasses(packages = "io.keyledger", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String API = "io.keyledger.api..";
    private static final String COMMAND = "io.keyledger.command..";
    private static final String QUERY = "io.keyledger.query..";
    private static final String SERVER = "io.keyledger.server..";

    @ArchTest
    static final ArchRule messages_know_nobody = noClasses()
            .that()
            .resideInAPackage(API)
            .should()
            .dependOnClassesThat(resideInAnyPackage(COMMAND, QUERY, SERVER))
            .because("shared-api is what both sides agree on")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule command_side_knows_messages_alone = noClasses()
            .that()
            .resideInAPackage(COMMAND)
            .should()
            .dependOnClassesThat(resideInAnyPackage(QUERY, SERVER))
            .because("a decision that reads a projection decides on what may be stale")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule query_side_knows_messages_alone = noClasses()
            .that()
            .resideInAPackage(QUERY)
            .should()
            .dependOnClassesThat(resideInAnyPackage(COMMAND, SERVER))
            .because("what a projection shows comes from events, so that it can be thrown away and rebuilt")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule decisions_are_free_of_frameworks = noClasses()
            .that(decide())
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "org.springframework..",
                    "org.axonframework..",
                    "java.sql..",
                    "javax.sql..",
                    "java.net.http..",
                    "java.nio.file..",
                    "org.slf4j.."))
            .because("a decision is a function of state and command: it needs no framework, clock, randomness or I/O,"
                    + " and moving to another framework leaves it alone")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule decisions_draw_nothing_at_random = noClasses()
            .that(decide())
            .should()
            .dependOnClassesThat(assignableTo(RandomGenerator.class).or(assignableTo(Clock.class)))
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .because("the same state and command give the same events: ids and time come in with the command")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule time_comes_from_a_clock = noClasses()
            .that()
            // It says how wrong the machine's clock is.
            .doNotHaveFullyQualifiedName("io.keyledger.server.database.DatabaseClock")
            .should()
            .accessTargetWhere(readsTheMachinesTime())
            .because("time is the database's, measured by one injected Clock (docs/adr/0006): a node whose wall clock"
                    + " is wrong must harm nobody, and a test moves time by hand");

    @ArchTest
    static final ArchRule no_legacy_dates = noClasses()
            .should()
            .dependOnClassesThat(belongToAnyOf(Date.class, Calendar.class))
            .because("java.time says whether a value is an instant or a day, and cannot be changed by its reader");

    @ArchTest
    static final ArchRule packages_are_named_after_the_business = noClasses()
            .should()
            .resideInAnyPackage("..common..", "..util..", "..utils..", "..service..", "..impl..", "..dto..")
            .because("a package says what it is about: account, token, audit, authentication");

    /** Families whose members are imperatives and past tenses; the parent alone must say what they are. */
    private static final Set<String> SEALED_PARENTS = Set.of(
            "AccountCommand",
            "TokenCommand",
            "WebhookCommand",
            "Event",
            "AccountEvent",
            "TokenEvent",
            "WebhookEvent",
            "PersonalDataEvent",
            // One entry of the audit trail, as the API calls it; it is a result, and no stored event.
            "AuditEvent");

    @ArchTest
    static final ArchRule names_carry_no_pattern = noClasses()
            .that(describe("head no family", type -> !SEALED_PARENTS.contains(type.getSimpleName())))
            .should()
            .haveSimpleNameEndingWith("Command")
            .orShould()
            .haveSimpleNameEndingWith("Event")
            .orShould()
            .haveSimpleNameEndingWith("Query")
            .orShould()
            .haveSimpleNameEndingWith("Dto")
            .orShould()
            .haveSimpleNameEndingWith("Impl")
            .orShould()
            .haveSimpleNameEndingWith("Service")
            .because("RevokeToken and TokenRevoked say it already");

    @ArchTest
    static final ArchRule nothing_is_injected_into_fields = fields().should()
            .notBeAnnotatedWith("org.springframework.beans.factory.annotation.Autowired")
            .andShould()
            .notBeAnnotatedWith("org.springframework.beans.factory.annotation.Value")
            .andShould()
            .notBeAnnotatedWith("jakarta.inject.Inject")
            .andShould()
            .notBeAnnotatedWith("jakarta.annotation.Resource")
            .because("a class that was built is complete: it takes what it needs in its constructor")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule only_the_server_migrates = noClasses()
            .that()
            .resideOutsideOfPackage(SERVER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.flywaydb..")
            .because("one place decides in which order and as which role the schemas change")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule nothing_is_serialized_by_java = noClasses()
            .should()
            .dependOnClassesThat(belongToAnyOf(ObjectInputStream.class, ObjectOutputStream.class))
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("org.springframework.core.serializer.support.DeserializingConverter")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("org.springframework.core.serializer.support.SerializingConverter")
            .because("bytes that say which class to build are a way in for whoever can write them");

    @ArchTest
    static final ArchRule nothing_reads_xml_into_objects = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.thoughtworks.xstream..")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("org\\.axonframework\\.serialization\\.xml\\..*")
            .because("XStream builds whatever class the text names; stored events have names of their own");

    @ArchTest
    static final ArchRule modules_are_free_of_cycles = slices().matching("io.keyledger.(*)..")
            .should()
            .beFreeOfCycles()
            .because("a cycle is one part that calls itself two")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule packages_are_free_of_cycles = slices().matching("io.keyledger.(**)")
            .should()
            .beFreeOfCycles()
            // Event lists the families under it, so that every stored type is found from one place.
            .ignoreDependency(
                    describe("Event", type -> type.getName().equals("io.keyledger.api.Event")), resideInAnyPackage(API))
            .because("a cycle is one package that calls itself two")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule endpoints_are_for_spring_alone = classes()
            .that(simpleNameEndingWith("Endpoints")
                    .or(describe(
                            "are controllers",
                            type -> type.isMetaAnnotatedWith("org.springframework.stereotype.Controller"))))
            .should()
            .notBePublic()
            .because("HTTP is the only way to an endpoint; other code calls what the endpoint calls")
            .allowEmptyShould(true);

    /** Classes of an aggregate that hold its rules: its state, and whatever has a {@code decide} or {@code evolve}. */
    private static DescribedPredicate<JavaClass> decide() {
        return describe(
                "hold decisions",
                type -> type.getPackageName().matches("io\\.keyledger\\.command\\.(account|token|webhook)(\\..*)?")
                        && (type.getSimpleName().endsWith("State")
                                || type.getMethods().stream()
                                        .anyMatch(method -> method.getName().equals("decide")
                                                || method.getName().equals("evolve"))));
    }

    /** A {@code now} without a Clock, the system's millis, a system clock. {@code nanoTime} measures; it tells no time. */
    private static DescribedPredicate<JavaAccess<?>> readsTheMachinesTime() {
        return describe("reads the machine's time", access -> {
            if (access.getTarget() instanceof CodeUnitAccessTarget target
                    && target.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(Clock.class))) {
                return false;
            }
            var owner = access.getTargetOwner();
            return switch (access.getName()) {
                case "now" -> owner.getPackageName().equals("java.time");
                case "system", "systemUTC", "systemDefaultZone", "tickMillis", "tickSeconds", "tickMinutes" ->
                    owner.isEquivalentTo(Clock.class);
                case "currentTimeMillis" -> owner.isEquivalentTo(System.class);
                default -> false;
            };
        });
    }
}
