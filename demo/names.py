"""Made-up names, the same for the same student every time."""

from __future__ import annotations

from hashlib import sha256

FIRST = """
Aaliyah Adam Aisha Alan Alba Amara Amir Ana Anders Anya Arjun Asha Ben Bianca Bilal Callum Carmen Chiara Chloe Daniel
Daria David Diego Elena Elif Emeka Emily Emma Erik Esther Ewa Fatima Felix Finn Freya Grace Hana Hannah Harry Hassan
Ines Ingrid Isaac Isla Ivan Jack Jamal James Jana Javier Jin Joanna Jonas Julia Kai Karim Kasia Kavya Keiko Kwame Lars
Laura Layla Leo Lina Liam Lucia Luis Magda Maria Marco Marta Mateo Maya Mei Mina Mohammed Nadia Naomi Nia Nikolai Noah
Nora Oliver Olga Omar Oscar Paula Pedro Petra Priya Rachel Rafael Rahul Rosa Ruth Sam Sara Sean Sofia Tariq Tess Thomas
Tomas Uma Valentina Vera Victor Wei Yara Yusuf Zara Zoe
""".split()

LAST = """
Adeyemi Ahmed Allen Andersson Bailey Baker Banerjee Bell Bennett Bianchi Brown Campbell Carter Castro Chen Clark Cohen
Cole Costa Cruz Davies Diaz Dubois Edwards Ellis Evans Farah Fernandez Fischer Foster Garcia Green Gupta Haddad Hall
Hansen Harris Hill Hughes Hussain Ibrahim Ito Jackson Jensen Johansson Jones Kaur Kelly Khan Kim King Kovacs Kowalski
Kumar Larsen Lee Lewis Lopez Malik Marino Martin Mbeki Meyer Mitchell Moore Morales Morgan Murphy Nakamura Ncube Nguyen
Novak Okafor Olsen Owusu Park Patel Pereira Petrov Phillips Popescu Price Quinn Rahman Ramos Reid Richards Roberts
Robinson Rossi Russell Sato Schmidt Scott Shah Silva Singh Smith Stewart Suzuki Taylor Thompson Tran Turner Walker Wang
Ward Watson White Williams Wilson Wood Wright Yilmaz Young Zhang
""".split()


def name_of(external_id: str) -> tuple[str, str]:
    """A first and a last name for an anonymous student."""
    digest = sha256(external_id.encode()).digest()
    return FIRST[int.from_bytes(digest[:4]) % len(FIRST)], LAST[int.from_bytes(digest[4:8]) % len(LAST)]
