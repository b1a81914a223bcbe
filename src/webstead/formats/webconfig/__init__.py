"""formats/webconfig"""
