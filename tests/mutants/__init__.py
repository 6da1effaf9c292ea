"""Do the tests notice when the package is wrong? Random small faults, each tried by the tests of a module.

``python -m tests.mutants [module ...] [--count N] [--seed S]``: see ``__main__``. Not part of the suite, as
it runs for minutes. ``making`` says what a fault is, ``running`` tries it, ``equivalent`` names those that
no test could notice.

Why not mutmut or cosmic-ray (3.8 and 8.7 were looked at): mutmut replaces each function by one that asks
which variant to call. It leaves out properties, constants of modules and defaults of structs, and what is
measured is not what is shipped. cosmic-ray removes no statements, changes the files in place, and starts an
interpreter with the whole test command for each mutant. Neither draws a seeded sample, or takes a map of
modules to tests.
"""
