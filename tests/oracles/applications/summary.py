"""The numbers of a run, and whether all is well."""
from collections import Counter

BAD = ("broken", "again", "not_gone", "new_on_known", "bytes", "lint", "types")


def say(results: list[dict]) -> bool:
    ran = [result for result in results if "skipped" not in result]
    for language in ("typescript", "python"):
        those = [result for result in results if result["language"] == language]
        if those:
            table(language, those)
    skipped = Counter(result["skipped"].split(" | ")[0][:100] for result in results if "skipped" in result)
    print(f"left out, because they didn't synthesise before: {skipped.total()}")
    for reason, count in skipped.most_common():
        print(f"  {count:3} {reason}")
    for result in ran:
        for name in BAD:
            if result.get(name):
                print(f"{result['app']}: {name}: {result[name]}")
        for name, lines in (("unexpected", result.get("difference", {}).get("unexpected", [])), ("replaced", result.get("replaced", []))):
            for line in lines:
                print(f"{result['app']}: {name}: {line}")
    return not any(result.get(name) for result in ran for name in BAD)


def table(language: str, results: list[dict]) -> None:
    ran = [result for result in results if "skipped" not in result]
    fixed = [result for result in ran if result["applied"]]
    whole = [result for result in fixed if "broken" not in result]
    findings = [finding for result in ran for finding in result["findings"]]
    located = sum(not finding["reason"] for finding in findings)
    tried = sum(len(result["applied"]) for result in whole)
    gone = tried - total(whole, "not_gone")
    print(f"{language}: {len(results)} applications, {len(ran)} synthesised before, {len(fixed)} patched")
    print(f"  user-owned findings  {len(findings)} on {len({(f['resource'], i) for i, r in enumerate(ran) for f in r['findings']})} resources")
    print(f"  located              {share(located, len(findings))}")
    print(f"  fixes applied        {total(fixed, 'applied')} ({share(total(fixed, 'applied'), len(findings))} of the findings)")
    print(f"  synthesise after     {share(len(whole), len(fixed))}")
    print(f"  gone                 {share(gone, tried)}")
    print(f"  new findings         {total(whole, 'new_on_known')} on what was there, "
          f"{total(whole, 'new') - total(whole, 'new_on_known')} on what was added")
    print(f"  second runs that edit {sum(bool(result.get('again')) for result in fixed)}; faults of bytes {total(fixed, 'bytes')}")
    unexpected, volatile = (sum(len(r.get("difference", {}).get(name, [])) for r in whole) for name in ("unexpected", "volatile"))
    print(f"  unexpected differences {unexpected} (and {volatile} that are there in every synthesis)")
    print(f"  literals replaced    {total(fixed, 'replaced')}")
    for what in ("added", "removed", "changed"):
        counts = Counter()
        for result in whole:
            counts.update(result.get("difference", {}).get("counts", {}).get(what, {}))
        print(f"  {what}: {', '.join(f'{kind} {n}' for kind, n in counts.most_common())}")


def total(results: list[dict], name: str) -> int:
    return sum(len(result.get(name, [])) for result in results)


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f} %)" if whole else "0/0"
