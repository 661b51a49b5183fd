//! Facts of small modules, and input that no parser should see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failure here is a failed test
use _core::{decode, module, pool};

fn extract(source: &str) -> Result<String, (String, u32)> {
    let text = decode::normalised(source.into()).map_err(|error| (error.message, error.line))?;
    let facts = pool::with_large_stack(|| module::extract(&text)).unwrap();
    facts.map(|facts| String::from_utf8(facts).unwrap()).map_err(|error| (error.message, error.line))
}

/// The rows of one family, as JSON.
fn rows(source: &str, family: &str) -> String {
    let facts = extract(source).unwrap();
    let start = facts.find(&format!("\"{family}\":")).unwrap() + family.len() + 3;
    let rest = &facts[start..];
    let end = ["bindings", "calls", "directives", "features", "imports", "schema", "scopes", "statements", "texts"]
        .iter()
        .filter_map(|next| rest.find(&format!(",\"{next}\":")))
        .min()
        .unwrap_or(rest.len() - 2);
    rest[..end].to_owned()
}

#[test]
fn an_empty_module_has_one_scope() {
    let expected = r#"{"bindings":[],"calls":[],"directives":[],"features":[],"imports":[],"schema":1,"scopes":[["module","",-1,1,1,1,[],[],[],[],[],[],-1,[],false]],"statements":[],"texts":[]}"#;
    assert_eq!(extract("").unwrap(), format!("{expected}\n"));
}

#[test]
fn imports_stand_under_their_conditions() {
    let source = "try:\n    import a.b as c\nexcept ImportError:\n    from . import d\nif TYPE_CHECKING:\n    import e\n";
    let expected = r#"[["a.b",0,null,"c",0,1,2,["try","try-import"]],["",1,"d",null,0,2,4,["handler"]],["e",0,null,null,0,4,6,["type-checking"]]]"#;
    assert_eq!(rows(source, "imports"), expected);
}

#[test]
fn targets_and_values_are_paired() {
    let source = "a, (b, c) = x, y\nfor d, *e in z: pass\n";
    let expected = concat!(
        r#"[[["name","a"],["name","x"],"assign",0,0,1,[]],"#,
        r#"[["name","b"],["each",["name","y"]],"assign",0,0,1,[]],"#,
        r#"[["name","c"],["each",["name","y"]],"assign",0,0,1,[]],"#,
        r#"[["name","d"],["each",["each",["name","z"]]],"for",0,1,2,[]],"#,
        r#"[["name","e"],["each",["each",["name","z"]]],"for",0,1,2,[]]]"#
    );
    assert_eq!(rows(source, "bindings"), expected);
}

#[test]
fn names_of_functions_are_deferred_and_locals_are_none() {
    let source = "def f(p, q=n):\n    global g\n    g = p\n    t = m\n    t.x(o)\n    return [i for i in u]\n";
    let expected = r#"[[-1,"","def",1,0,6,25,1,["f"],[],["n"],["m","o","u"],[],["o"],["g"],[]]]"#;
    assert_eq!(rows(source, "statements"), expected);
}

#[test]
fn a_class_in_a_function_skips_the_function_for_what_it_binds() {
    let source = "def f():\n    n = m = 1\n    class C:\n        n = n\n        k = m\n";
    assert!(rows(source, "statements").contains(r#"["f"],[],[],["n"],[]"#));
}

#[test]
fn lone_surrogates_stay_as_they_are_written() {
    let source = r#"x = "\ud800", f"\udc00{a}", "\ud83d\ude00""#;
    let expected = r#"[[["name","x"],["tuple",[["str","\ud800"],["join",[["str","\udc00"],["name","a"]]],["str","\ud83d\ude00"]]],"assign",0,0,1,[]]]"#;
    assert_eq!(rows(source, "bindings"), expected);
}

#[test]
fn directives_and_features_have_their_lines() {
    let source = "x = 1  # clustrix: include a/*.py \n(y := f\"{x=}\")\n";
    assert_eq!(rows(source, "directives"), r#"[["include","a/*.py",1]]"#);
    assert_eq!(rows(source, "features"), r#"[["fstring_equals",2],["walrus",2]]"#);
}

#[test]
fn deep_expressions_are_cut() {
    let source = format!("x = {}", "-".repeat(30) + "a");
    let expected = format!("{}[\"?\"]{}", "[\"neg\",".repeat(24), "]".repeat(24));
    assert!(rows(&source, "bindings").contains(&expected));
}

#[test]
fn what_does_not_parse_is_an_error_with_its_line() {
    assert_eq!(extract("x = 1\ny = )\n").unwrap_err().1, 2);
    assert_eq!(extract("x\n\0").unwrap_err().1, 2);
    assert_eq!(extract("lazy import a\n").unwrap_err().1, 1);
}

#[test]
fn long_chains_are_read() {
    for link in [" + a", ".b", "()", "[0]", " or a", " if a else a", " ** a"] {
        assert!(extract(&format!("x = a{}\n", link.repeat(5_000))).is_ok(), "{link}");
    }
    for prefix in ["-", "not ", "lambda: ", "lambda p, q: "] {
        assert!(extract(&format!("x = {}a\n", prefix.repeat(5_000))).is_ok(), "{prefix}");
    }
}

#[test]
fn what_nests_deeper_than_python_reads_is_refused() {
    let refused = |source: String| extract(&source).unwrap_err();
    assert!(extract(&format!("x = {}{}", "(".repeat(200), ")".repeat(200))).is_ok());
    assert_eq!(refused(format!("\nx = {}{}", "(".repeat(201), ")".repeat(201))).1, 2);
    assert_eq!(refused(format!("\n\nx = {}", "(".repeat(400_000))).1, 3);
    assert_eq!(refused(format!("x = {}a", "-".repeat(200_000))).1, 1);
    assert_eq!(refused(format!("x = {}a", "lambda p, q: ".repeat(200_000))).1, 1);
    let blocks =
        |count: usize| (0..count).map(|depth| " ".repeat(depth) + "if a:\n").collect::<String>() + &" ".repeat(count) + "a";
    assert!(extract(&blocks(99)).is_ok());
    assert!(extract(&blocks(100)).is_err());
}

#[test]
fn results_keep_the_order_of_their_files() {
    let files: Vec<String> = (0..50).map(|index| format!("x = {index}")).collect();
    let results = pool::map(&files, |file| module::extract(file));
    for (index, result) in results.into_iter().enumerate() {
        assert!(String::from_utf8(result.unwrap()).unwrap().contains(&format!("[\"int\",{index}]")));
    }
}
