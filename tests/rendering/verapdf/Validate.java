import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.ErrorDetails;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Validates PDF files with veraPDF's engine, one process for many files.
 *
 * Reads lines "profile TAB path" and answers each with "fail TAB clause-test TAB message" lines and
 * one line "done TAB number of checks", or "error TAB reason". The engine's own profile reader needs
 * JAXB, which is not in the jar, so the profile's XML is read here with the JDK's parser.
 */
public final class Validate {
    private static final Map<String, ValidationProfile> READ = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, "UTF-8");
        System.setOut(System.err); // whatever the engine prints must not pass for an answer
        LogManager.getLogManager().reset();
        Logger.getLogger("").setLevel(Level.OFF);
        VeraGreenfieldFoundryProvider.initialise();
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line; (line = questions.readLine()) != null; ) {
            String[] question = line.split("\t", 2);
            try {
                answer(answers, question[0], question[1]);
            } catch (Throwable fault) {
                answers.println("error\t" + fault);
            }
        }
    }

    private static void answer(PrintStream answers, String name, String path) throws Exception {
        PDFAFlavour flavour = PDFAFlavour.byFlavourId(name);
        ValidationProfile profile = READ.get(name);
        if (profile == null) {
            READ.put(name, profile = profile(flavour, name));
        }
        try (InputStream pdf = new FileInputStream(path);
                PDFAParser parser = Foundries.defaultInstance().createParser(pdf, flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, false)) {
            ValidationResult result = validator.validate(parser);
            Set<String> told = new HashSet<>();
            for (TestAssertion check : result.getTestAssertions()) {
                String rule = check.getRuleId().getClause() + "-" + check.getRuleId().getTestNumber();
                if (check.getStatus() == TestAssertion.Status.FAILED && told.add(rule)) {
                    answers.println("fail\t" + rule + "\t" + flat(check.getMessage()));
                }
            }
            if (result.isCompliant() != told.isEmpty()) {
                throw new IllegalStateException("the verdict and the failed rules differ");
            }
            answers.println("done\t" + result.getTotalAssertions());
        }
    }

    private static ValidationProfile profile(PDFAFlavour flavour, String name) throws Exception {
        boolean accessible = name.startsWith("ua");
        String file = accessible ? "PDFUA-" + name.substring(2) : "PDFA-" + name.toUpperCase();
        Document xml;
        try (InputStream held = ValidationProfile.class.getResourceAsStream(
                "/org/verapdf/pdfa/validation/" + file + ".xml")) {
            xml = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(held);
        }
        Set<Rule> rules = new HashSet<>();
        for (Element rule : all(xml.getDocumentElement(), "rule")) {
            Element id = all(rule, "id").get(0);
            List<ErrorArgument> given = new ArrayList<>();
            for (Element argument : all(rule, "argument")) {
                given.add(ErrorArgumentImpl.fromValues(
                    argument.getTextContent(), argument.getAttribute("name"), null));
            }
            ErrorDetails error = Profiles.errorFromValues(text(rule, "message"), given);
            rules.add(Profiles.ruleFromValues(
                Profiles.ruleIdFromValues(
                    PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                    id.getAttribute("clause"), Integer.parseInt(id.getAttribute("testNumber"))),
                rule.getAttribute("object"), "true".equals(rule.getAttribute("deferred")),
                rule.getAttribute("tags"), text(rule, "description"), text(rule, "test"), error,
                new ArrayList<>()));
        }
        Set<Variable> variables = new HashSet<>();
        for (Element variable : all(xml.getDocumentElement(), "variable")) {
            variables.add(Profiles.variableFromValues(
                variable.getAttribute("name"), variable.getAttribute("object"),
                text(variable, "defaultValue"), text(variable, "value")));
        }
        return Profiles.profileFromValues(
            flavour, Profiles.profileDetailsFromValues(name, name, "", new Date(0)), "", rules, variables);
    }

    private static List<Element> all(Element parent, String tag) {
        List<Element> found = new ArrayList<>();
        NodeList nodes = parent.getElementsByTagName(tag);
        for (int n = 0; n < nodes.getLength(); n++) {
            found.add((Element) nodes.item(n));
        }
        return found;
    }

    private static String text(Element parent, String tag) {
        return all(parent, tag).get(0).getTextContent();
    }

    private static String flat(String words) {
        return words == null ? "" : words.replaceAll("\\s+", " ");
    }
}
